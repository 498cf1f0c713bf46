"""The group chat page and the gallery in headless Chromium, with a bare client in the bot's place."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from demo.gallery.page import add_gallery
from demo.gallery.samples import samples
from simulator import LocalFeishu
from tests.browser import BROWSER_TEST, open_page
from tests.feishu_caller import CARD, Caller, plain_card
from tests.waiting import LIMIT

pytestmark = BROWSER_TEST


@pytest.fixture
def local() -> Iterator[LocalFeishu]:
    """A local Feishu with the gallery in it, as the demo has it."""
    feishu = LocalFeishu()
    add_gallery(feishu)
    with feishu:
        yield feishu


@pytest.fixture
def page(browser: Browser, local: LocalFeishu) -> Iterator[Page]:
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    with open_page(browser, viewport={"width": 1280, "height": 900}, locale="zh-CN") as opened:
        opened.on("console", note)
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.goto(f"{local.url}/simulator/")
        expect(opened.get_by_test_id("user-ou_alice")).to_be_visible()
        yield opened
    assert problems == []


def message(page: Page, message_id: str) -> Any:
    return page.locator(f"article[data-id='{message_id}']")


def test_typed_message_mentions_the_bot_by_the_list_that_opens(page: Page, local: LocalFeishu) -> None:
    composer = page.get_by_test_id("composer")
    composer.press_sequentially("@茴")
    expect(page.get_by_test_id("suggestion")).to_have_count(1)
    composer.press("Enter")
    composer.press_sequentially("what is <b>this</b>?")
    composer.press("Enter")
    expect(page.get_by_test_id("message")).to_contain_text("@茴香 what is <b>this</b>?")
    sent = local.messages()[0]
    assert sent.mentions[0]["id"] == local.bot_open_id
    assert sent.sender_id == "ou_alice"


def test_a_reader_of_english_is_told_in_english_what_feishu_says(
    page: Page, local: LocalFeishu, caller: Caller
) -> None:
    page.goto(f"{local.url}/simulator/?lang=en")
    question = local.say(text="@bot how?", mention_bot=True)
    card_id = caller.card_id(CARD)
    caller.reply_card(question, {"type": "card", "data": {"card_id": card_id}}, reply_in_thread=True)
    expect(message(page, question).get_by_test_id("generating")).to_have_text("Generating…")
    expect(page.get_by_test_id("chat-oc_demo")).to_contain_text("[Generating...]")
    composer = page.get_by_test_id("composer")
    composer.press_sequentially("@every")
    composer.press("Enter")
    composer.press_sequentially("look")
    composer.press("Enter")
    expect(page.get_by_test_id("message").last).to_contain_text("@everyone look")
    assert "@_all" in local.messages()[-1].content


def test_card_streams_and_ends(page: Page, local: LocalFeishu, caller: Caller) -> None:
    question = local.say(text="@bot how?", mention_bot=True)
    card_id = caller.card_id(CARD)
    caller.reply_card(question, {"type": "card", "data": {"card_id": card_id}}, reply_in_thread=True)
    thread = message(page, question).get_by_test_id("thread")
    expect(thread.get_by_test_id("generating")).to_be_visible()
    expect(page.get_by_test_id("chat-oc_demo")).to_contain_text("[生成中...]")
    caller.stream(card_id, "Use **quant")
    caller.stream(card_id, "Use **quant_policy** [1].")
    expect(thread.locator("strong")).to_have_text("quant_policy")
    card = {"type": "card_json", "data": '{"schema":"2.0","body":{"elements":[{"tag":"hr"}]}}'}
    caller.operate("PUT", card_id, card=card)
    expect(thread.get_by_test_id("generating")).to_have_count(0)
    expect(thread).to_contain_text("1 条回复")


def test_reply_in_a_thread_and_switch_of_person(page: Page, local: LocalFeishu) -> None:
    question = local.say("ou_alice", "hello")
    page.get_by_test_id("user-ou_bob").click()
    message(page, question).hover()
    message(page, question).get_by_test_id("reply").click()
    page.get_by_test_id("composer").fill("me too")
    page.get_by_test_id("send").click()
    expect(message(page, question).get_by_test_id("thread")).to_contain_text("me too")
    reply = local.messages()[1]
    assert (reply.sender_id, reply.root_id, reply.thread_id != "") == ("ou_bob", question, True)


def test_reaction_and_recall_from_the_menu(page: Page, local: LocalFeishu) -> None:
    mine, other = local.say("ou_alice", "mine"), local.say("ou_bob", "other")
    message(page, other).hover()
    expect(message(page, other).get_by_test_id("recall")).to_have_count(0)
    message(page, other).get_by_test_id("react").click()
    expect(message(page, other).get_by_test_id("reaction-THUMBSUP")).to_contain_text("李晓雯")
    message(page, mine).hover()
    message(page, mine).get_by_test_id("recall").click()
    expect(message(page, mine).get_by_test_id("recalled")).to_be_visible()
    assert local.tenant.messages[mine].recalled


def test_press_sends_the_form_and_shows_the_outcome(page: Page, local: LocalFeishu, caller: Caller) -> None:
    submit = {
        "tag": "button",
        "name": "send",
        "form_action_type": "submit",
        "text": {"tag": "plain_text", "content": "Send"},
        "confirm": {"title": {"tag": "plain_text", "content": "Sure?"}},
        "behaviors": [{"type": "callback", "value": {}}],
    }
    field = {"tag": "input", "name": "reason", "max_length": 50}
    form = {"tag": "form", "name": "why", "elements": [field, submit]}
    sent = caller.reply_card(local.say(text="@bot x", mention_bot=True), plain_card(form))
    card = message(page, sent["data"]["message_id"])
    card.locator("input[name=reason]").fill("wrong page")
    local.react(sent["data"]["message_id"])
    expect(card.get_by_test_id("reaction-THUMBSUP")).to_be_visible()
    expect(card.locator("input[name=reason]")).to_have_value("wrong page")
    card.locator("[data-button=send]").click()
    page.get_by_test_id("confirm").get_by_text("确定").click()
    expect(page.get_by_test_id("toast")).to_contain_text("200342")
    action = next(p for p in local.pushes.all if p.event_type == "card.action.trigger").payload
    assert action["event"]["action"]["form_value"] == {"reason": "wrong page"}


def test_pictures_in_words_are_drawn_where_no_font_has_them(
    page: Page, local: LocalFeishu, caller: Caller
) -> None:
    button = {"tag": "button", "name": "up", "text": {"tag": "plain_text", "content": "👍 有帮助 👎"}}
    code = {"tag": "markdown", "content": "⚠️ mind it\n```\n👍\n```"}
    sent = caller.reply_card(local.say(text="🙋 me", mention_bot=True), plain_card(button, code))
    card = message(page, sent["data"]["message_id"])
    shown = card.locator("[data-button=up]")
    expect(shown.locator(".fs-sign svg")).to_have_count(2)
    expect(shown).to_have_text("👍 有帮助 👎")
    expect(card.locator("pre svg")).to_have_count(0)
    expect(card.locator(".fs-md .fs-sign svg")).to_have_count(1)
    expect(page.get_by_test_id("body").first.locator(".fs-sign svg").first).to_be_visible()
    local.react(sent["data"]["message_id"])
    expect(card.get_by_test_id("reaction-THUMBSUP").locator("svg")).to_be_visible()


def _sides(element: Locator) -> tuple[int, int, int]:
    """How light its upper edge is, above all words: at the left, in the middle, at the right."""
    with Image.open(io.BytesIO(element.screenshot())) as drawn:
        grey = drawn.convert("L")
        left, middle, right = (grey.getpixel((x, 6)) for x in (2, grey.width // 2, grey.width - 3))
    return left, middle, right  # type: ignore[return-value]


@pytest.mark.parametrize("what", ["pre", ".fs-table-wrap"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_shadow_says_at_which_side_there_is_more(
    page: Page, local: LocalFeishu, caller: Caller, what: str, theme: str
) -> None:
    page.goto(f"{local.url}/simulator/?theme={theme}")
    row = "".join(f"| {'wide' * 9}{number} " for number in range(16))
    content = f"```\n{'long ' * 90}\n```\n" if what == "pre" else f"{row}|\n{'|-' * 16}|\n{row}|\n"
    short = content[:40] + "\n```\n" if what == "pre" else "| a |\n|-|\n| b |\n"
    elements = [{"tag": "markdown", "content": one} for one in (content, short)]
    sent = caller.reply_card(local.say(text="how", mention_bot=True), plain_card(*elements))
    boxes = message(page, sent["data"]["message_id"]).locator(what)
    expect(boxes).to_have_count(2)
    left, middle, right = _sides(boxes.first)
    assert left == middle, "it is at its beginning"
    assert abs(right - middle) > 10, "there is more at the right"
    boxes.first.evaluate("box => { box.scrollLeft = 1e6 }")
    left, middle, right = _sides(boxes.first)
    assert abs(left - middle) > 10
    assert right == middle
    assert len(set(_sides(boxes.last))) == 1, "all of it is seen"


def test_private_chat_with_the_bot(page: Page, local: LocalFeishu) -> None:
    page.get_by_test_id("chat-oc_p2p_alice").click()
    expect(page.get_by_test_id("chat-name")).to_have_text("茴香")
    page.get_by_test_id("composer").fill("hello")
    page.get_by_test_id("composer").press("Enter")
    expect(page.get_by_test_id("message")).to_contain_text("hello")
    assert local.messages("oc_p2p_alice")[0].chat_id == "oc_p2p_alice"
    assert local.pushes.all[0].payload["event"]["message"]["chat_type"] == "p2p"


def test_panel_shows_pushes_calls_and_takes_faults(page: Page, local: LocalFeishu, caller: Caller) -> None:
    local.say(text="hello")
    page.get_by_test_id("panel-toggle").click()
    expect(page.get_by_test_id("push").first).to_contain_text("im.message.receive_v1")
    page.get_by_test_id("push").first.click()
    expect(page.get_by_test_id("push").first.locator("pre")).not_to_contain_text(local.app.verification_token)
    caller.call("GET", "/bot/v3/info")
    page.get_by_test_id("tab-calls").click()
    expect(page.get_by_test_id("call").first).to_contain_text("/bot/v3/info")
    page.get_by_test_id("tab-faults").click()
    page.locator("input[name=what]").fill("230020")
    page.get_by_test_id("add-fault").click()
    expect(page.locator("#fault-list")).to_contain_text("230020")
    assert caller.call("GET", "/bot/v3/info")["code"] == 230020


def test_gallery_shows_every_card_in_four_looks_and_none_is_wrong(page: Page, local: LocalFeishu) -> None:
    for language in ("zh", "en"):
        page.goto(f"{local.url}/simulator/gallery?lang={language}")
        expect(page.get_by_test_id("sample")).to_have_count(len(samples(language)))
        expect(page.get_by_test_id("refused")).to_have_count(0)
        expect(page.locator(".fs-wrong, .fs-refused")).to_have_count(0)
        expect(page.locator(".frame")).to_have_count(4 * len(samples(language)))
        wide = page.eval_on_selector_all(
            ".frame", "frames => frames.filter(one => one.scrollWidth > one.clientWidth + 1).length"
        )
        assert wide == 0, "a card is wider than its frame"


def test_other_sites_reach_nothing(local: LocalFeishu) -> None:
    evil = {"Host": "evil.example"}
    assert requests.get(f"{local.url}/simulator/", headers=evil, timeout=LIMIT).status_code == 403
    form = requests.post(f"{local.url}/simulator/api/say", data={"text": "x"}, timeout=LIMIT)
    assert form.status_code == 400
    page = requests.get(f"{local.url}/simulator/", timeout=LIMIT)
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert requests.get(f"{local.url}/simulator/page/../local.py", timeout=LIMIT).status_code == 404
