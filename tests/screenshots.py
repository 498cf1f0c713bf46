"""Takes the screenshots of docs/images: `.venv/bin/python -m tests.screenshots` after `make setup`.

It starts the whole bot on this machine, says what the README shows, and photographs the group page; then a
bot over a wiki space, once in Chinese and once in English. `-m tests.screenshots wiki` takes only those.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from demo.stack import LocalStack, Ports
from tests.browser import CHROMIUM, FLAGS, NO_CHROMIUM
from tests.waiting import wait_for

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
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
    if CHROMIUM is None:
        print(NO_CHROMIUM, file=sys.stderr)
        return 1
    started = time.time()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if sys.argv[1:] != ["wiki"]:
            _group(browser)
        for wiki in WIKIS:
            _reindexed(browser, wiki)
        browser.close()
    for image in FOLDER.glob("*.png"):
        if image.stat().st_mtime >= started:
            _shrink(image)
    return 0


def _group(browser: Browser) -> None:
    """A question, small talk and an answer in the group; the gallery."""
    ports = Ports.free()
    sources = [{"path": "docs", "include": ["en/**/*.md", "zh/**/*.md"], "url": "https://docs.example.org"}]
    settings = {"FENNEL_INDEX__SOURCES": json.dumps(sources)}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(Path(folder), settings=settings, ports=ports) as stack,
    ):
        for user, text, mention in SAID:
            message_id = stack.feishu.say(user, text, mention_bot=mention)
        stack.feishu.wait_for_card(message_id, 60)
        _photograph(browser, f"{stack.feishu.url}/simulator/", "group.png")
        _gallery(browser, stack.feishu.url)


def _photograph(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page(viewport={"width": 1180, "height": 980}, device_scale_factor=1.5)
    page.goto(address)
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / name)
    page.close()


@dataclass(frozen=True)
class Wiki:
    """A wiki space whose page is edited, and who asks for the new fact."""

    language: str
    space: str
    page: str
    text: str
    secret: str
    question: str


WIKIS = (
    Wiki(
        "zh",
        "产品知识库",
        "运维手册",
        "# 连接池\nHarbor 的连接池默认大小是 {} 个连接。\n# 日志\nHarbor 的日志写在 /var/log/harbor 目录。",
        "薪酬制度",
        "Harbor 的连接池默认大小是多少？",
    ),
    Wiki(
        "en",
        "Product knowledge",
        "Operations",
        "# Connection pool\nThe connection pool of Harbor holds {} connections by default.\n"
        "# Logs\nHarbor writes its logs to the folder /var/log/harbor.",
        "Salaries",
        "How many connections does the pool of Harbor hold by default?",
    ),
)
SPACE = "7000000000000000001"


def _reindexed(browser: Browser, wiki: Wiki) -> None:
    """A page of a wiki is edited, `/reindex wiki`, and the new fact is answered with a link to the page."""
    source = {"feishu_wiki": SPACE, "name": "wiki", "url": "https://acme.feishu.cn"}
    groups = {"default": {"language": wiki.language}}
    settings = {"FENNEL_INDEX__SOURCES": json.dumps([source]), "FENNEL_GROUPS": json.dumps(groups)}
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder), settings=settings, ports=Ports.free())
        shelves = stack.feishu.shelves
        shelves.spaces[SPACE] = wiki.space
        page = shelves.add_page(SPACE, wiki.page, wiki.text.format(12))
        with stack:
            before = _serving(stack)
            shelves.edit(page.obj_token, wiki.text.format(48))
            secret = shelves.add_page(SPACE, wiki.secret, "-")
            shelves.documents[secret.obj_token].permitted = False
            stack.feishu.wait_for_card(stack.feishu.say("ou_admin", "/reindex wiki", mention_bot=True), 60)
            wait_for(lambda: _serving(stack) not in ("", before), "the new version")
            stack.feishu.wait_for_card(stack.feishu.say("ou_alice", wiki.question, mention_bot=True), 60)
            address = f"{stack.feishu.url}/simulator/?lang={wiki.language}"
            _photograph(browser, address, f"wiki-{wiki.language}.png")


def _serving(stack: LocalStack) -> str:
    """The version that the worker answers from."""
    state = requests.get(f"http://127.0.0.1:{stack.ports.operator}/readyz", timeout=10).json()
    return str(state.get("index_version", ""))


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
