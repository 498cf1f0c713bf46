"""Cards: one for every outcome, within Feishu's limits whatever the answer holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.answers import Sample as ShapedAnswer
from bench.answers import one_of_each_shape as corpus_shapes
from bench.visible_text import first_lost, text_of_cards, text_of_markdown
from bot.actions import ActionSigner, Press
from bot.answer import (
    Answer,
    CardState,
    Feedback,
    Human,
    Outcome,
    ReindexProgress,
    ReindexReport,
    Source,
)
from bot.answer_buttons import REASON_FIELD
from bot.card_parts import LIMITS, count_elements, json_bytes
from bot.cards import (
    ANSWER_ELEMENT,
    PROGRESS_ELEMENT,
    answer_cards,
    help_card,
    notice_card,
    progress_card,
    recalled_card,
    reindex_card,
    status_card,
)
from bot.simulator.samples import samples
from bot.simulator.validator import validate_card
from bot.source_list import age
from tests.markdown_strategies import ANY_TEXT, LONG_MARKDOWN, MARKDOWN

SIGNER = ActionSigner("secret-of-a-test")
NOW = 1_790_000_000.0
DAY = 86400.0
SOURCE = Source(
    1, "Guide", ("Guide", "Events"), "https://a.b/guide#events", excerpt="An excerpt.", updated_at=NOW
)
ANSWER = Answer(
    Outcome.ANSWERED,
    "How do I *ask* <this>?",
    "Like **this** [1].",
    "en",
    (SOURCE,),
    "extractive",
    "v7",
    asker="ou_asker",
)
EXPERTS = ("ou_expert",)


def cards_of(answer: Answer, state: CardState = CardState()) -> list[dict[str, Any]]:  # noqa: B008
    cards = answer_cards(answer, actions=SIGNER, message_id="om_question", state=state, now=NOW)
    for card in cards:
        validate_card(card)
    return cards


def presses(card: object) -> list[Press]:
    """What the buttons of a card do, in order."""
    return [
        SIGNER.read(element["behaviors"][0]["value"]).kind
        for element in parts(card)
        if element.get("tag") == "button"
    ]


def parts(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from parts(item)


def text_of(card: dict[str, Any]) -> str:
    return json.dumps(card, ensure_ascii=False)


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


def test_a_long_answer_continues_and_ends_with_the_buttons() -> None:
    text = "\n\n".join(f"Paragraph {number}: {'词语' * 60}。" for number in range(200))
    cards = cards_of(replace(ANSWER, text=text))
    assert len(cards) > 2
    titles = [card["header"]["title"]["content"] for card in cards]
    assert titles[0].endswith(f"(1/{len(cards)})")
    assert [bool(presses(card)) for card in cards] == [False] * (len(cards) - 1) + [True]
    assert "Guide › Events" in text_of(cards[-1])
    assert first_lost(text_of_markdown(text), text_of_cards(cards)) == -1


@pytest.mark.parametrize("paragraphs", range(80, 104, 2))
def test_a_press_changes_the_last_card_alone(paragraphs: int) -> None:
    text = "\n\n".join(f"Paragraph {number}: {'词语' * 40}。" for number in range(paragraphs))
    answer = replace(ANSWER, text=text, further=(replace(SOURCE, number=2),) * 9)
    before = cards_of(answer, CardState(experts=EXPERTS))
    for state in (
        CardState(experts=EXPERTS, feedback=Feedback.ASKING_REASON),
        CardState(experts=EXPERTS, human=Human.RESOLVED, taken_by=EXPERTS[0]),
        CardState(experts=EXPERTS, human=Human.ASKED, more_sources=True),
    ):
        assert cards_of(answer, state)[:-1] == before[:-1]


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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_other_cards_are_valid(language: str) -> None:
    report = ReindexReport("v2", ("a.md",) * 30, ("b<c>.md",), (), 3, 9, 1.25, ("d.pdf: *broken*",))
    for card in (
        notice_card("Title", "Some **text**\n\n| a |\n|---|\n| b |", language, "grey"),
        notice_card("Title", "", language),
        notice_card("Title", "word " * 20_000, language),
        recalled_card("What?", language),
        reindex_card(ReindexProgress("embedding", 5, 10), language),
        reindex_card(ReindexProgress("something else"), language),
        reindex_card(report, language),
        reindex_card(ReindexReport("v2"), language),
        reindex_card(ReindexReport("", failed="disk <full>"), language),
        status_card({"Redis": "7 <ok>", "queue_length": "0"}, language),
        help_card(language, admin=True),
        help_card(language, admin=False),
    ):
        validate_card(card)


def test_a_reindex_report_names_what_changed() -> None:
    text = text_of(
        reindex_card(ReindexReport("v2", ("a.md",), ("b.md", "c.md"), ("d.md",), 3, 9, 1.25), "en")
    )
    for words in ("Added 1", "Changed 2", "Removed 1", "b.md", "3 documents, 9 chunks, 1.2 s"):
        assert words in text


def test_help_tells_admins_more() -> None:
    assert "/reindex" in text_of(help_card("zh", admin=True))
    assert "/reindex" not in text_of(help_card("zh", admin=False))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_samples_cover_every_outcome(language: str) -> None:
    found = samples(language)
    for sample in found:
        validate_card(sample.card)
    assert len({sample.name for sample in found}) == len(found)
    colors = {sample.card["header"]["template"] for sample in found}
    assert {"green", "blue", "yellow", "orange", "grey", "wathet", "red"} <= colors
    assert {"long-1", "long-2", "rich-text", "why"} <= {sample.name for sample in found}


@pytest.mark.parametrize("sample", corpus_shapes(), ids=lambda sample: sample.shape)
def test_answers_of_every_shape(sample: ShapedAnswer) -> None:
    cards = cards_of(replace(ANSWER, text=sample.markdown))
    assert first_lost(text_of_markdown(sample.markdown), text_of_cards(cards)) == -1


_SOURCES = st.lists(
    st.builds(
        Source,
        number=st.integers(1, 30),
        title=ANY_TEXT,
        heading_path=st.lists(ANY_TEXT, max_size=4).map(tuple),
        url=st.sampled_from(["", "https://a.b/c_d#x", "javascript:x", "http://" + "y" * 900]) | ANY_TEXT,
        excerpt=MARKDOWN,
        updated_at=st.floats(0, 2e9),
        web=st.booleans(),
    ),
    max_size=14,
).map(tuple)
_ANSWERS = st.builds(
    Answer,
    outcome=st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.BUSY]),
    question=ANY_TEXT | MARKDOWN,
    text=MARKDOWN | LONG_MARKDOWN,
    language=st.sampled_from(["zh", "en"]),
    sources=_SOURCES,
    engine=ANY_TEXT,
    index_version=ANY_TEXT,
    degraded=ANY_TEXT,
    unsupported=st.integers(0, 3),
    further=_SOURCES,
)
_STATES = st.builds(
    CardState,
    feedback=st.sampled_from(Feedback),
    human=st.sampled_from(Human),
    experts=st.sampled_from([(), ("ou_1", "ou_2")]),
    taken_by=st.sampled_from(["", "ou_1"]),
    can_search_web=st.booleans(),
    searching_web=st.booleans(),
    more_sources=st.booleans(),
)


@given(answer=_ANSWERS, state=_STATES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_any_answer_makes_valid_cards_that_lose_nothing(answer: Answer, state: CardState) -> None:
    cards = cards_of(answer, state)
    for card in cards:
        assert json_bytes(card) <= LIMITS.bytes
        assert count_elements(card) <= LIMITS.elements
    assert first_lost(text_of_markdown(answer.text), text_of_cards(cards)) == -1
    kept = json.dumps(answer.to_json())
    assert json.dumps(Answer.from_json(json.loads(kept)).to_json()) == kept
    assert CardState.from_json(json.loads(json.dumps(state.to_json()))) == state
