"""Cards of an answer: one for every outcome, press and source. Their limits: test_card_limits.py."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.answer import CardState, Feedback, Human, Outcome
from bot.cards.answer import ANSWER_ELEMENT, PROGRESS_ELEMENT, answer_cards, notice_card, progress_card
from bot.cards.buttons import REASON_FIELD
from bot.cards.presses import Press
from bot.cards.sources import age
from simulator.cards.validator import validate_card
from tests.answer_cards import ANSWER, DAY, EXPERTS, NOW, SOURCE, cards_of, parts, presses, text_of


def test_the_progress_card_streams() -> None:
    card = progress_card("What <is> this?", "zh")
    validate_card(card)
    assert card["config"]["streaming_mode"] is True
    ids = [element.get("element_id") for element in card["body"]["elements"]]
    assert ids[-2:] == [PROGRESS_ELEMENT, ANSWER_ELEMENT]
    assert "What &#60;is&#62; this?" in text_of(card)


def test_an_answer_shows_question_text_sources_and_footer() -> None:
    [card] = cards_of(ANSWER)
    text = text_of(card)
    assert card["header"]["template"] == "green"
    assert "> How do I &#42;ask&#42; &#60;this&#62;?" in text
    assert "Like **this** [&#91;1&#93;](https://a.b/guide#events)." in text
    assert "[Guide › Events](https://a.b/guide#events)" in text
    assert "updated today" in text
    assert "extractive · index v7" in text
    assert presses(card) == [Press.HELPFUL, Press.NOT_HELPFUL, Press.WHY, Press.RECALL]


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
        (CardState(feedback=Feedback.HELPFUL), [Press.WHY, Press.RECALL], "Thank you, noted."),
        (CardState(feedback=Feedback.NOT_HELPFUL), [Press.WHY, Press.RECALL], "it helps the next answer"),
        (
            CardState(feedback=Feedback.ASKING_REASON),
            [Press.REASON, Press.WHY, Press.RECALL],
            "What was wrong?",
        ),
        (
            CardState(experts=EXPERTS),
            [Press.HELPFUL, Press.NOT_HELPFUL, Press.ASK_HUMAN, Press.WHY, Press.RECALL],
            "Ask a human",
        ),
        (
            CardState(experts=EXPERTS, human=Human.ASKED, feedback=Feedback.HELPFUL),
            [Press.TAKE, Press.RESOLVE, Press.WHY, Press.RECALL],
            "Asked <at id=ou_expert></at> for help",
        ),
        (
            CardState(experts=EXPERTS, human=Human.TAKEN, taken_by="ou_expert", feedback=Feedback.HELPFUL),
            [Press.RESOLVE, Press.WHY, Press.RECALL],
            "<at id=ou_expert></at> has taken it.",
        ),
        (
            CardState(experts=EXPERTS, human=Human.RESOLVED, taken_by="ou_expert", feedback=Feedback.HELPFUL),
            [Press.WHY, Press.RECALL],
            "Resolved by <at id=ou_expert></at>.",
        ),
        (CardState(human=Human.RESOLVED, feedback=Feedback.HELPFUL), [Press.WHY, Press.RECALL], "Resolved."),
        (
            CardState(can_search_web=True, feedback=Feedback.HELPFUL),
            [Press.WEB, Press.WHY, Press.RECALL],
            "Answer with web search",
        ),
        (
            CardState(can_search_web=True, searching_web=True, feedback=Feedback.HELPFUL),
            [Press.WHY, Press.RECALL],
            "Answering again",
        ),
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


def test_uncited_passages_are_shown_on_demand() -> None:
    answer = replace(ANSWER, further=(replace(SOURCE, number=2, title="Elsewhere"),))
    [folded] = cards_of(answer)
    [shown] = cards_of(answer, CardState(more_sources=True))
    assert Press.SOURCES in presses(folded)
    assert "Elsewhere" not in text_of(folded)
    assert Press.SOURCES not in presses(shown)
    assert "Elsewhere" in text_of(shown)


def test_excerpts_are_folded_and_without_markup() -> None:
    [card] = cards_of(replace(ANSWER, sources=(replace(SOURCE, excerpt="## An\n\n**excerpt.**"),)))
    [excerpts] = [item for item in card["body"]["elements"] if item.get("element_id") == "sources_x"]
    assert excerpts["expanded"] is False
    assert "An excerpt." in text_of(excerpts)


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
