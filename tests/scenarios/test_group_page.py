"""What a newcomer sees in the browser: a question typed into the group, the card, its source; a reindex.

The whole bot runs as separate processes (demo.stack); headless Chromium drives the group chat page.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demo.stack import LocalStack, Ports
from tests.browser import BROWSER_TEST, open_page
from tests.forked_python import forks

ROOT = Path(__file__).resolve().parents[2]
pytestmark = BROWSER_TEST


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "docs"
    for language in ("en", "zh"):
        shutil.copytree(ROOT / "docs" / language, folder / language)
    return folder


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, documents: Path, embedded_guide: Callable[[Path], Path]
) -> Iterator[LocalStack]:
    ports = Ports.free()
    sources = [{"path": str(documents), "url": f"http://127.0.0.1:{ports.feishu}/docs"}]
    folder = tmp_path_factory.mktemp("stack")
    embedded_guide(folder / "index")
    settings = {"FENNEL_INDEX__SOURCES": json.dumps(sources)}
    with forks(), LocalStack(folder, settings=settings, ports=ports, documents=documents) as running:
        yield running


@pytest.fixture
def page(browser: Browser, stack: LocalStack) -> Iterator[Page]:
    with open_page(browser, viewport={"width": 1280, "height": 900}, locale="zh-CN") as opened:
        opened.goto(f"{stack.feishu.url}/simulator/")
        yield opened


def speak_as(page: Page, user: str) -> None:
    page.get_by_test_id(f"user-{user}").click()


def say(page: Page, text: str, *, mention: bool = True) -> None:
    """Types a message, mentioning the bot by its button, and sends it."""
    if mention:
        page.get_by_test_id("mention-bot").click()
    composer = page.get_by_test_id("composer")
    composer.press_sequentially(text)
    page.get_by_test_id("send").click()
    expect(composer).to_have_value("")


def replies(page: Page, text: str) -> Locator:
    """The thread under the newest message of the group that says `text`."""
    question = page.locator("#messages > article").filter(has_text=text).last
    return question.get_by_test_id("thread").first


def test_a_question_gets_a_card_whose_source_opens(page: Page) -> None:
    say(page, "How do I test locally through ngrok?")
    card = replies(page, "test locally through ngrok")
    source = card.locator("a[href*='/docs/en/local-testing.md']").first
    expect(source).to_be_visible()
    with page.context.expect_page() as opened:
        source.click()
    expect(opened.value.locator("h1")).to_have_text("Local testing through ngrok")


def test_after_a_reindex_the_bot_knows_the_new_fact(page: Page, documents: Path) -> None:
    file = documents / "en" / "operations.md"
    fact = (
        "\n## Which port does the maintenance console use?\n\nThe maintenance console listens on port 7791.\n"
    )
    file.write_text(file.read_text(encoding="utf-8") + fact, encoding="utf-8")

    speak_as(page, "ou_admin")
    say(page, "/reindex")
    expect(replies(page, "/reindex")).to_contain_text("operations.md")

    speak_as(page, "ou_bob")
    say(page, "Which port does the maintenance console use?")
    expect(replies(page, "maintenance console")).to_contain_text("7791")


def test_somebody_who_is_no_admin_gets_a_polite_no(page: Page) -> None:
    speak_as(page, "ou_bob")
    say(page, "/reindex")
    expect(replies(page, "/reindex")).to_contain_text("admin", ignore_case=True)
