"""Takes the screenshots of docs/images: `.venv/bin/python -m tests.screenshots` after `make setup`.

It starts the whole bot on this machine, says what the README shows, and photographs the group page.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from demo.stack import LocalStack, Ports

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SAID = (
    ("ou_bob", "今天中午吃什么？", False),
    ("ou_alice", "怎么让机器人重新索引文档？", True),
)

OUTCOMES = [
    *("progress-searching", "progress-reading", "progress-writing", "answered-extractive", "web", "partly"),
    *(
        "not-found",
        "declined",
        "busy",
        "not-now",
        "failed",
        "pressed-not-helpful",
        "human-asked",
        "human-wanted",
    ),
]
"""The gallery's samples on the outcome sheets."""
TALK = [
    *("greeting", "follow-up", "file", "screenshot", "private", "not-found", "human-wanted"),
    *("proposal", "proposal-kept", "colleague", "digest", "why"),
]
"""On the sheets of what is said beside answers."""
ONLY_OUTCOMES = """names => document.querySelectorAll("section").forEach(
    one => one.hidden = !names.includes(one.id))"""


def main() -> int:
    """Photographs the group and the gallery; returns the exit status."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not on PATH", file=sys.stderr)
        return 1
    ports = Ports.free()
    sources = [{"path": "docs", "include": ["en/**/*.md", "zh/**/*.md"], "url": "https://docs.example.org"}]
    settings = {"FENNEL_INDEX__SOURCES": json.dumps(sources)}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(Path(folder), settings=settings, ports=ports) as stack,
        sync_playwright() as playwright,
    ):
        for user, text, mention in SAID:
            message_id = stack.feishu.say(user, text, mention_bot=mention)
        stack.feishu.wait_for_card(message_id, 60)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1180, "height": 980}, device_scale_factor=1.5)
        page.goto(f"{stack.feishu.url}/simulator/")
        page.wait_for_timeout(1500)
        page.screenshot(path=FOLDER / "group.png")
        _gallery(browser, stack.feishu.url)
        browser.close()
    for image in FOLDER.glob("*.png"):
        _shrink(image)
    return 0


def _gallery(browser: Browser, url: str) -> None:
    """One card in its four looks; every outcome on a phone, light in Chinese and dark in English."""
    page = browser.new_page(viewport={"width": 1080, "height": 1400})
    page.goto(f"{url}/simulator/gallery?lang=en&card=rich-text")
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / "gallery.png", full_page=True)
    page.set_viewport_size({"width": 1620, "height": 1240})
    for language, theme in (("zh", "light"), ("en", "dark")):
        page.goto(f"{url}/simulator/gallery?lang={language}&theme={theme}&width=phone&view=sheet")
        page.evaluate(ONLY_OUTCOMES, OUTCOMES)
        page.wait_for_timeout(500)
        page.screenshot(path=FOLDER / f"outcomes-{theme}.png", full_page=True)
        page.evaluate(ONLY_OUTCOMES, TALK)
        page.wait_for_timeout(500)
        page.screenshot(path=FOLDER / f"talk-{theme}.png", full_page=True)


def _shrink(image: Path) -> None:
    """Fewer colours: half the bytes, and nobody sees it."""
    with Image.open(image) as full:
        full.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(image, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
