"""Cards of an answer: one for every outcome, press and source. Their limits: test_card_limits.py."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.answer import CardState, Feedback, Human, Outcome, Source
from bot.cards.answer import (
    ANSWER_ELEMENT,
    PROGRESS_ELEMENT,
    answer_cards,
    human_card,
    notice_card,
    progress_card,
)
from bot.cards.buttons import REASON_FIELD
from bot.cards.presses import Press, may_press
from bot.cards.sources import age
from simulator.cards.validator import validate_card
from tests.answer_cards import ANSWER, DAY, EXPERTS, NOW, SIGNER, SOURCE, cards_of, parts, presses, text_of

BOTH = (Press.HELPFUL, Press.NOT_HELPFUL)


def test_the_progress_card_streams() -> None:
    card = progress_card("What <is> this?", "zh")
    validate_card(card)
    assert card["config"]["streaming_mode"] is True
    ids = [element.get("element_id") for element in card["body"]["elements"]]
    assert ids[-2:] == [PROGRESS_ELEMENT, ANSWER_ELEMENT]
    assert "What &#60;is&#62; this?" in text_of(card)


def test_an_answer_is_text_sources_two_buttons_and_one_fold() -> None:
    [card] = cards_of(ANSWER)
    text = text_of(card)
    assert card["header"]["template"] == "green"
    assert "Like **this** [&#91;1&#93;](https://a.b/guide#events)." in text
    assert "[Guide › Events](https://a.b/guide#events)" in text
    assert [element["tag"] for element in card["body"]["elements"]] == [
        "markdown",
        "markdown",
        "column_set",
        "collapsible_panel",
    ]
    assert "updated today" in text_of(fold(card))
    assert presses(card) == [Press.HELPFUL, Press.NOT_HELPFUL, Press.WHY]


def test_what_is_well_is_not_on_the_card() -> None:
    """Feishu shows the question above the reply; which engine and index answered is for `/why`."""
    text = text_of(cards_of(ANSWER)[0])
    assert "How do I" not in text
    assert "extractive" not in text
    assert "v7" not in text
    [reduced] = cards_of(replace(ANSWER, degraded="the model is away"))
    assert "extractive" in text_of(fold(reduced))


def test_in_a_group_everybody_may_press_every_button_of_an_answer() -> None:
    crowded = CardState(experts=EXPERTS, can_search_web=True, feedback=Feedback.ASKING_REASON)
    for outcome in Outcome:
        for human in Human:
            [card] = cards_of(replace(ANSWER, outcome=outcome), replace(crowded, human=human))
            assert all(may_press(press, "ou_reader", "ou_asker") for press in presses(card)), outcome
    [private] = cards_of(replace(ANSWER, private=True))
    assert Press.RECALL in presses(private)


def test_a_decline_asks_for_no_feedback() -> None:
    declined = cards_of(replace(ANSWER, outcome=Outcome.DECLINED, sources=()), CardState(experts=EXPERTS))[0]
    assert presses(declined) == [Press.ASK_HUMAN, Press.WHY]
    nothing = cards_of(replace(ANSWER, outcome=Outcome.NOT_FOUND, sources=()))[0]
    assert presses(nothing) == [Press.WHY]


def test_the_nearest_pages_come_with_what_they_are_about() -> None:
    near = (
        replace(SOURCE, excerpt="# Events\n\n**Every push** is signed.", title="`Guide`"),
        replace(SOURCE, number=2, url="https://a.b/guide#cards", heading_path=("Cards",)),
        Source(3, "Ports", path="ops/ports.md", excerpt="Which `port` serves what."),
    )
    [card] = cards_of(replace(ANSWER, outcome=Outcome.NOT_FOUND, sources=near))
    [pages] = [
        one["content"] for one in card["body"]["elements"] if one.get("element_id") == "sources_nearest"
    ]
    first, second = pages.split("<br>")
    assert first.startswith("[Guide › Events](https://a.b/guide#events)")
    assert "Every push is signed" in first
    assert "ops/ports.md" in second
    assert "Which port serves what" in second


def test_a_source_without_an_address_shows_its_file() -> None:
    source = Source(1, "**Ports** of <code>vLLM</code>", ("Ports", "`std::vector<int>`"), path="ops/ports.md")
    text = text_of(cards_of(replace(ANSWER, sources=(source,)))[0])
    assert "ops/ports.md" in text
    assert "Ports of vLLM › std::vector" in text
    assert "**Ports**" not in text
    assert "60;code" not in text


def test_an_excerpt_that_the_answer_repeats_is_not_shown_again() -> None:
    quoted = replace(SOURCE, excerpt="Run `harbor cache clear` once a week.")
    other = replace(SOURCE, number=2, excerpt="The cache holds layers of images.")
    [card] = cards_of(
        replace(ANSWER, text="Run `harbor cache clear` once a week [1]. See [2].", sources=(quoted, other))
    )
    assert "once a week" not in text_of(fold(card))
    assert "holds layers" in text_of(fold(card))


def fold(card: dict[str, Any]) -> dict[str, Any]:
    """The one fold of a card."""
    [found] = [part for part in parts(card) if part.get("tag") == "collapsible_panel"]
    assert found["expanded"] is False
    return found


def test_signs_that_no_json_carries_spoil_no_card() -> None:
    strange = "a\ud800\x00\x1b"
    source = replace(
        SOURCE, title=strange, heading_path=(strange,), excerpt=strange, url=f"https://a.b/{strange}"
    )
    answer = replace(
        ANSWER, question=strange, text=strange, engine=strange, degraded=strange, sources=(source,)
    )
    for card in (*cards_of(answer), progress_card(strange, "zh"), notice_card(strange, strange, "en")):
        validate_card(card)
        assert "\x1b" not in str(json.loads(json.dumps(card, ensure_ascii=False).encode()))


def test_every_outcome_is_told_apart() -> None:
    titles = set()
    for outcome in Outcome:
        for language in ("zh", "en"):
            [card] = cards_of(replace(ANSWER, outcome=outcome, language=language))
            titles.add(card["header"]["title"]["content"])
    assert len(titles) == 2 * len(Outcome)


def test_a_lesser_engine_announces_itself() -> None:
    [card] = cards_of(replace(ANSWER, degraded="the model is away"))
    assert card["header"]["template"] == "orange"
    assert card["header"]["text_tag_list"][0]["text"]["content"] == "reduced"
    assert "Reduced mode: the model is away" in text_of(card)


def test_the_queue_says_where_a_question_stands() -> None:
    busy = replace(ANSWER, outcome=Outcome.BUSY, text="")
    assert "3 questions are ahead" in text_of(cards_of(replace(busy, queue_position=3))[0])
    assert "Your question is next" in text_of(cards_of(busy)[0])
    assert presses(cards_of(busy)[0]) == []


def test_dropped_sentences_are_owned_up_to() -> None:
    assert "1 sentence had no support" in text_of(cards_of(replace(ANSWER, unsupported=1))[0])
    assert "2 sentences had no support" in text_of(cards_of(replace(ANSWER, unsupported=2))[0])


def test_no_buttons_without_a_signer() -> None:
    [card] = answer_cards(ANSWER, actions=None, message_id="om_question", now=NOW)
    assert not [element for element in parts(card) if element.get("tag") == "button"]


@pytest.mark.parametrize(
    ("state", "wanted", "words"),
    [
        (CardState(helpful=2, not_helpful=1), [*BOTH, Press.WHY], "👍 2 · 👎 1"),
        (CardState(feedback=Feedback.ASKING_REASON), [*BOTH, Press.REASON, Press.WHY], "What was wrong?"),
        (CardState(experts=EXPERTS), [*BOTH, Press.ASK_HUMAN, Press.WHY], "Ask a human"),
        (
            CardState(experts=EXPERTS, human=Human.ASKED),
            [*BOTH, Press.WHY],
            "Asked <at id=ou_expert></at> for help",
        ),
        (
            CardState(experts=EXPERTS, human=Human.TAKEN, taken_by="ou_expert"),
            [*BOTH, Press.WHY],
            "<at id=ou_expert></at> has taken it.",
        ),
        (
            CardState(experts=EXPERTS, human=Human.RESOLVED, taken_by="ou_expert"),
            [*BOTH, Press.WHY],
            "Resolved by <at id=ou_expert></at>.",
        ),
        (CardState(human=Human.RESOLVED), [*BOTH, Press.WHY], "Resolved."),
        (CardState(can_search_web=True), [*BOTH, Press.WEB, Press.WHY], "Answer with web search"),
        (CardState(can_search_web=True, searching_web=True), [*BOTH, Press.WHY], "Answering again"),
    ],
)
def test_the_card_after_a_press(state: CardState, wanted: list[Press], words: str) -> None:
    [card] = cards_of(ANSWER, state)
    assert presses(card) == wanted
    assert words in text_of(card)


def test_a_misspelt_expert_does_not_spoil_the_card() -> None:
    [card] = cards_of(ANSWER, CardState(experts=("Li <Lei>",), human=Human.ASKED))
    assert "Asked Li &#60;Lei&#62; for help" in text_of(card)


def test_the_reason_form_stands_at_the_root_and_names_its_field() -> None:
    [card] = cards_of(ANSWER, CardState(feedback=Feedback.ASKING_REASON))
    [form] = [element for element in card["body"]["elements"] if element["tag"] == "form"]
    assert form["elements"][0]["name"] == REASON_FIELD
    assert form["elements"][1]["form_action_type"] == "submit"


@pytest.mark.parametrize(
    ("human", "wanted"),
    [
        (Human.ASKED, [Press.TAKE, Press.RESOLVE]),
        (Human.TAKEN, [Press.RESOLVE]),
        (Human.RESOLVED, []),
    ],
)
def test_experts_are_called_to_a_card_with_their_buttons(human: Human, wanted: list[Press]) -> None:
    state = CardState(experts=EXPERTS, human=human)
    card = human_card(ANSWER, state, actions=SIGNER, message_id="om_question")
    validate_card(card)
    assert presses(card) == wanted
    assert "How do I &#42;ask&#42; &#60;this&#62;?" in text_of(card)


def test_uncited_passages_stand_behind_the_fold() -> None:
    [card] = cards_of(replace(ANSWER, further=(replace(SOURCE, number=2, title="Elsewhere"),)))
    assert "Elsewhere" in text_of(fold(card))
    assert text_of(card).count("Elsewhere") == 1


def test_excerpts_are_folded_and_without_markup() -> None:
    [card] = cards_of(replace(ANSWER, sources=(replace(SOURCE, excerpt="## An\n\n**excerpt.**"),)))
    assert "An excerpt." in text_of(fold(card))


def test_the_preview_is_the_answers_beginning() -> None:
    assert cards_of(ANSWER)[0]["config"]["summary"] == {
        "content": "Answer from the documents: Like this [1]."
    }


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "updated today"),
        (1.5, "updated yesterday"),
        (5, "updated 5 days ago"),
        (45, "updated a month ago"),
        (200, "updated 6 months ago"),
        (400, "updated a year ago"),
        (900, "updated 2 years ago"),
        (-3, "updated today"),
    ],
)
def test_age(days: float, words: str) -> None:
    assert age(NOW - days * DAY, "en", NOW) == words


def test_an_unknown_age_is_not_shown() -> None:
    assert age(0, "en", NOW) == ""


def test_a_question_of_several_messages_is_said_again() -> None:
    """Feishu shows only the message that the card replies to."""
    [card] = cards_of(replace(ANSWER, gathered=True))
    assert "> How do I &#42;ask&#42; &#60;this&#62;?" in text_of(card)
