"""Reading documents in the process of the test, for stories that are about what becomes of them afterwards.

A build starts reading processes, whose start costs ten times what a small index costs. What such a process
does and what ends it is the matter of tests/test_hostile_documents.py, tests/test_load.py and
tests/test_incremental.py, which start real ones. A plugin, so imports are as in tests/conftest.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from index.sources.reading.messages import ReadingAnswer, ReadingRequest
    from index.sources.reading.reader import ReadingProcess


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No reading process is started: what one would be asked for is done here, and answered as it answers."""
    from index.sources.reading.reader import ReadingProcess

    monkeypatch.setattr(ReadingProcess, "ask", _ask)


def _ask(process: ReadingProcess, request: ReadingRequest) -> ReadingAnswer:
    from bot.errors import LoadError
    from index.sources.reading.documents import carry_out
    from index.sources.reading.messages import ReadingAnswer, ReadingRequest

    try:
        answer = carry_out(ReadingRequest.from_line(request.to_line()))
    except LoadError as error:
        answer = ReadingAnswer(error=str(error))
    except OSError as error:
        answer = ReadingAnswer(error=error.strerror or type(error).__name__, passing=True)
    return ReadingAnswer.from_line(answer.to_line())
