"""Chunks read by what stands around their text: the same as parsing them whole, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engines.replies.alike import MOST_LEARNED, AlikeChunks
from worker.engines.replies.chunks import Chunk, plain_chunk


def line(text: str, *, ascii_only: bool = True, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}
    body = {"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], **more}
    return json.dumps(body, ensure_ascii=ascii_only).encode()


def taught(data: bytes) -> AlikeChunks:
    alike, chunk = AlikeChunks(), plain_chunk(json.loads(data))
    assert chunk is not None
    alike.learn(data, chunk)
    return alike


@given(st.text(max_size=12), st.text(min_size=1, max_size=12), st.booleans())
def test_what_is_read_is_what_the_whole_chunk_holds(first: str, second: str, ascii_only: bool) -> None:
    data = line(second, ascii_only=ascii_only) if _has_no_surrogate(second) else line(second)
    assert taught(line(first)).read(data) == plain_chunk(json.loads(data)) == Chunk(second)


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
    assert taught(line("some")).read(data) is None


def test_a_stream_whose_chunks_never_agree_is_given_up() -> None:
    alike = AlikeChunks()
    for number in range(MOST_LEARNED + 1):
        alike.learn(line("word", created=number), Chunk("word"))
    assert alike.read(line("word", created=MOST_LEARNED - 1)) == Chunk("word")
    assert alike.read(line("word", created=MOST_LEARNED)) is None


def test_a_text_that_speaks_of_content_is_read_as_it_is() -> None:
    text = 'Set {"content": "x"} in the delta.'
    assert taught(line(text)).read(line(text + "!")) == Chunk(text + "!")
    twice = b'{"content": "a", "choices": [{"delta": {"content": "b"}}]}'
    alike = AlikeChunks()
    alike.learn(twice, Chunk("b"))
    assert alike.read(twice) is None
