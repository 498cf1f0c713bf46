"""The group page and the gallery are usable by everybody: contrast, names, a phone, two languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from demo.gallery.page import add_gallery
from simulator import LocalFeishu
from tests.browser import BROWSER_TEST, open_page

pytestmark = BROWSER_TEST
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]},
    "resultTypes": ["violations"],  # what passes is not described, which takes most of the time
    "rules": {"link-in-text-block": {"enabled": False}},  # Feishu itself draws links without a line
}


@pytest.fixture(scope="module")
def feishu() -> Iterator[LocalFeishu]:
    with LocalFeishu() as local:
        add_gallery(local)
        local.say("ou_alice", "怎么安装？")
        asked = local.say("ou_bob", "How do I install it?", mention_bot=True)
        local.say("ou_alice", "同问", reply_to=asked, in_thread=True)
        yield local


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = SIZES[getattr(request, "param", "desktop")]
    with open_page(browser, viewport={"width": width, "height": height}) as page:
        yield page


def opened(page: Page, feishu: LocalFeishu, query: str = "") -> None:
    page.goto(f"{feishu.url}/simulator/?{query}")
    expect(page.get_by_test_id("message").first).to_be_visible()


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("page", list(SIZES), indirect=True)
@pytest.mark.parametrize("query", ["theme=light", "theme=dark&lang=en"])
def test_the_group_page_breaks_no_rule_of_axe(page: Page, feishu: LocalFeishu, query: str) -> None:
    opened(page, feishu, query)
    assert violations(page) == []
    page.get_by_test_id("panel-toggle").click()
    expect(page.get_by_test_id("push").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_gallery_breaks_no_rule_of_axe(page: Page, feishu: LocalFeishu, theme: str) -> None:
    page.goto(f"{feishu.url}/simulator/gallery?theme={theme}")
    assert violations(page) == []


def test_a_reader_of_english_finds_an_english_page_and_it_stays_so(page: Page, feishu: LocalFeishu) -> None:
    opened(page, feishu)
    expect(page.get_by_test_id("send")).to_have_text("发送")
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("send")).to_have_text("Send")
    opened(page, feishu)
    expect(page.get_by_test_id("send")).to_have_text("Send")
    said = page.locator("body").inner_text()
    assert not [word for word in ("发送", "消息", "外观", "开发", "身份") if word in said]


def test_the_theme_is_remembered(page: Page, feishu: LocalFeishu) -> None:
    opened(page, feishu)
    page.get_by_test_id("theme").click()
    opened(page, feishu)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("page", ["phone"], indirect=True)
def test_a_phone_can_reply_change_the_theme_and_open_the_panel(page: Page, feishu: LocalFeishu) -> None:
    opened(page, feishu)
    page.get_by_test_id("reply").first.click()
    expect(page.get_by_test_id("replying")).to_be_visible()
    page.get_by_test_id("stop-reply").click()
    page.get_by_test_id("theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_test_id("panel-toggle").click()
    expect(page.get_by_test_id("panel")).to_be_visible()
    page.get_by_test_id("panel-close").click()
    expect(page.get_by_test_id("panel")).to_be_hidden()


def test_a_row_of_the_panel_says_who_what_and_when(page: Page, feishu: LocalFeishu) -> None:
    opened(page, feishu)
    page.get_by_test_id("panel-toggle").click()
    row = page.get_by_test_id("push").filter(has_text="How do I install it?").first
    expect(row).to_contain_text("Bob Chen: @茴香 How do I install it?")
