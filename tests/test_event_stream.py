"""The hand-over of a streamed answer from the event loop to the thread that reads it."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future

import pytest

from worker.engines.openai.event_stream import EventStream
from worker.engines.openai.running_call import ConnectionBroken, Running


@pytest.mark.parametrize("error", [ConnectionBroken("the call was ended"), RuntimeError("no such socket")])
def test_a_stream_that_ends_without_a_word_does_not_keep_its_reader(error: Exception) -> None:
    """As when the pool is closed between the start of a call and its first step on the loop."""
    events = EventStream(time.monotonic() + 600, lambda: False)
    events.running = Running(asyncio.new_event_loop())
    events.running.future = Future()
    events.running.future.set_exception(error)
    try:
        with pytest.raises(type(error), match=str(error)):
            events.open()
    finally:
        events.running._loop.close()
