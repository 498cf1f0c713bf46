"""Which faults of Redis pass by themselves: a job waits them out, and they count against nobody.

A Redis that is away, loads, fails over, lost its disk or is full refuses every job alike until somebody or
something puts it right. What it says of one command alone (a key of another type, say) it says again.
"""

from __future__ import annotations

import re

from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,
    ExecAbortError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,
    TryAgainError,
)

_PASSING = (
    *(ConnectionError, TimeoutError, OutOfMemoryError, ReadOnlyError, NoPermissionError, TryAgainError),
    *(ClusterDownError, AskError, NoScriptError, ExecAbortError),
)
"""The client takes the word that tells them off what the server said; the first of the second line is also
MASTERDOWN, the next MOVED."""
_WORDS = re.compile(
    r"\b(OOM|READONLY|MISCONF|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN|BUSY|UNKILLABLE|"
    r"UNBLOCKED|EXECABORT|NOSCRIPT|MOVED|ASK|NOAUTH|NOPERM)\b|max number of clients"
)
"""What such a refusal begins with; inside a script's error it stands anywhere."""


def passes(error: RedisError) -> bool:
    """Whether the same command may succeed later, whatever it was."""
    return isinstance(error, _PASSING) or bool(_WORDS.search(str(error)[:500]))
