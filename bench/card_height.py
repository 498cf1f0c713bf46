"""How tall the cards are: every sample of the gallery, measured in Chromium as a phone and a desktop draw it.

`python -m bench.card_height --json` prints CSS pixels by sample, width and language, folds closed.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from demo.gallery.page import add_gallery
from simulator import LocalFeishu
from tests.browser import chromium, open_page

ANSWERS = ("answered", "answered-extractive", "partly", "web", "not-found", "declined", "human-asked")
"""The samples that answer a question, which the sum is over."""
_HEIGHTS = """() => Object.fromEntries([...document.querySelectorAll(".frame")].map(
    one => [one.dataset.testid, Math.round(one.querySelector(".fs-card").getBoundingClientRect().height)]))"""


def measure() -> dict[str, Any]:
    """Pixels by name of a sample, width and language, and the sums over ANSWERS. Needs chromium on PATH."""
    heights: dict[str, dict[str, int]] = {}
    feishu = LocalFeishu()
    add_gallery(feishu)
    feishu.start()
    try:
        with chromium() as browser, open_page(browser, viewport={"width": 1280, "height": 1000}) as page:
            for language in ("zh", "en"):
                page.goto(f"{feishu.url}/simulator/gallery?lang={language}&theme=light")
                for name, pixels in page.evaluate(_HEIGHTS).items():
                    sample, _, width = name.replace("-light", "").rpartition("-")
                    heights.setdefault(sample, {})[f"{width}-{language}"] = pixels
    finally:
        feishu.stop()
    looks = ("phone-zh", "phone-en", "desktop-zh", "desktop-en")
    sums = {look: sum(heights[name][look] for name in ANSWERS if name in heights) for look in looks}
    return {"heights": heights, "answers": sums}


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure()
    if given.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, looks in found["heights"].items():
        print(f"{name:24}", *(f"{look} {pixels:5}" for look, pixels in looks.items()))
    print(f"{'answers in sum':24}", *(f"{look} {pixels:5}" for look, pixels in found["answers"].items()))


if __name__ == "__main__":
    main()
