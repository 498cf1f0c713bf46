"""Whatever an answer holds, its cards keep within Feishu's limits and lose none of its text."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.markdown_shapes import Sample as ShapedAnswer
from bench.markdown_shapes import one_of_each_shape as corpus_shapes
from bench.visible_text import first_lost, text_of_cards, text_of_markdown
from bot.answer import Answer, CardState, Feedback, Human, Outcome, Source
from bot.cards.parts import LIMITS, count_elements, json_bytes
from tests.answer_cards import ANSWER, EXPERTS, SOURCE, cards_of, presses, text_of
from tests.markdown_strategies import ANY_TEXT, LONG_MARKDOWN, MARKDOWN


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


@pytest.mark.slow
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
    helpful=st.integers(0, 9999),
    not_helpful=st.integers(0, 9999),
)


@pytest.mark.slow
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
