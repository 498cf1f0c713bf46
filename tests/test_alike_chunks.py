"""What is read in a shorter way, chunks and answers, is read as the long way reads it, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.engines.replies.alike import MOST_LEARNED, AlikeChunks
from worker.engines.replies.answer import AnswerReading
from worker.engines.replies.chunks import Chunk, plain_chunk
from worker.engines.replies.sse import Event


def line(text: str, *, ascii_only: bool = True, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}
    body = {"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], **more}
    return json.dumps(body, ensure_ascii=ascii_only).encode()


def taught(data: bytes) -> AlikeChunks:
    alike, chunk = AlikeChunks(), plain_chunk(json.loads(data))
    assert chunk is not None
    alike.learn(data, chunk)
    return alike


def read(alike: AlikeChunks, data: bytes) -> Chunk | None:
    found = alike.leading([Event(data)])
    return found[0] if found else None


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12), st.booleans())
def test_what_is_read_is_what_the_whole_chunk_holds(first: str, second: str, ascii_only: bool) -> None:
    data = line(second, ascii_only=ascii_only) if _has_no_surrogate(second) else line(second)
    assert read(taught(line(first)), data) == plain_chunk(json.loads(data)) == Chunk(second)


def _has_no_surrogate(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


@pytest.mark.parametrize(
    "data",
    [
        line("more", usage={"prompt_tokens": 3}),
        line("more").replace(b'"finish_reason": null', b'"finish_reason": "stop"'),
        line("more").replace(b'"more"', b'"mo", "tool_calls": [1], "x": "re"'),
        line("more").replace(b'"more"', b"null"),
        line("more").replace(b'"more"', b'["more"]'),
        line("more").replace(b'"more"', b'"mo\xff"'),
        line("more") + line("yet more"),
        line("more")[:-9],
        b"",
        b"[DONE]",
    ],
)
def test_what_differs_in_more_than_its_text_is_left_to_be_parsed(data: bytes) -> None:
    assert read(taught(line("some")), data) is None


def test_a_stream_whose_chunks_never_agree_is_given_up() -> None:
    alike = AlikeChunks()
    for number in range(MOST_LEARNED + 1):
        alike.learn(line("word", created=number), Chunk("word"))
    assert read(alike, line("word", created=MOST_LEARNED - 1)) == Chunk("word")
    assert read(alike, line("word", created=MOST_LEARNED)) is None


def test_a_text_that_speaks_of_content_is_read_as_it_is() -> None:
    text = 'Set {"content": "x"} in the delta.'
    assert read(taught(line(text)), line(text + "!")) == Chunk(text + "!")
    twice = b'{"content": "a", "choices": [{"delta": {"content": "b"}}]}'
    alike = AlikeChunks()
    alike.learn(twice, Chunk("b"))
    assert read(alike, twice) is None


PARTS = st.sampled_from(
    [
        *(
            "Run ",
            "it",
            " [1]",
            "[",
            "1].",
            " `pip`",
            "`",
            "``",
            "\n",
            "\n\n",
            "```sh\n",
            "yes, it does so",
            "。",
        ),
        *("<", "think", ">", "</think>", "<think>", "\n<think>\n", "<|im_", "end|>", "<|eot_id|>", "final"),
        *(
            "assistantfinal",
            "Yes",
            "港口",
            "\ud83d",
            "\ude00",
            "🙂",
            "",
            "[/INST]",
            "</s>",
            "<tool_call>",
            '{"name"',
        ),
        *("Harbor is a registry.", "Harbor is a registry.Run it", "✿FUNCTION✿", "◁think▷", "[TH", "INK]"),
    ]
)


@given(st.lists(PARTS, max_size=14), st.lists(st.integers(1, 6), min_size=14, max_size=14))
@example(["Yes", ", ", "it", " runs", ".", "Yes, it runs."], [1] * 14)
@example(["Harbor", " is", " a registry", ".", " <", "|im_end|>", "User: "], [6] * 14)
def test_an_answer_is_the_same_however_its_chunks_arrive(texts: list[str], together: list[int]) -> None:
    def read(sizes: list[int], *, filtered: bool) -> tuple[str, str, str]:
        reading, shown, at = AnswerReading(), "", 0
        if filtered:  # every chunk goes through all filters
            reading._plain = lambda chunks: ("", 0)  # type: ignore[method-assign]
        for size in sizes:
            piece = reading.feed([Chunk(text) for text in texts[at : at + size]])
            shown, at = piece if reading.anew else shown + piece, at + size
        rest = reading.end()
        return (rest if reading.anew else shown + rest), reading.reasoning, reading.silence

    one_by_one = read([1] * 14, filtered=True)
    assert read([1] * 14, filtered=False) == one_by_one
    assert read(together, filtered=False) == read(together, filtered=True)
