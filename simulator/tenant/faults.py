"""Faults to order: the ways Feishu and the network fail, injected into chosen calls.

A fault names what goes wrong and, by `on`, which operation it hits ("messages.reply", "elements.content",
"cards" for all of CardKit's card calls, "" for every call). Codes that speak of a state also bring that
state about: 300309 closes the card's streaming, so that only reopening it helps, as in Feishu.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

MESSAGES = {
    99991400: "request trigger frequency limit",
    99991663: "Invalid access token for authorization. Please make a test attempt to obtain a new token.",
    230020: "This operation triggers the frequency limit.",
    230011: "The message is recalled.",
    230049: "The message is being sent.",
    300317: "The sequence number for operating on the card did not increment consecutively",
    300309: "Card streaming closed",
    200850: "Card streaming timeout",
    200810: "The card is in an ongoing interaction and cannot be updated",
    300120: "Server Internal Error",
    11310: "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit; "
    "ErrorValue: table; ",
}
NAMES = ("bad_gateway", "web_page", "drop_before", "drop_after", "recalled", "latency", "lower_case_headers")


@dataclass
class Fault:
    """One thing that goes wrong, `times` times."""

    what: str
    """A code of Feishu's, or one of NAMES."""
    on: str = ""
    times: int | None = 1
    """None: for as long as it stays added."""
    skip: int = 0
    """How many matching calls pass before it strikes."""
    probability: float = 1.0
    delay: float = 0.0
    """Seconds to wait before anything else happens; what "latency" is for."""
    reset: int = 1
    """For 99991400: the seconds that x-ogw-ratelimit-reset says."""
    status: int = 0
    """For codes: the HTTP status they come with; 0 is the one that Feishu's documents give."""
    struck: int = 0
    """How often it has struck."""

    @property
    def code(self) -> int:
        """The code, 0 for a fault that is not one."""
        return int(self.what) if self.what.isdigit() else 0

    def matches(self, operation: str) -> bool:
        """Whether an operation such as "elements.content" is among those hit."""
        return not self.on or operation == self.on or operation.split(".")[0] == self.on


@dataclass
class Faults:
    """The faults waiting to strike."""

    waiting: list[Fault] = field(default_factory=list)
    seed: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        # Which call fails is no secret.
        self.random = random.Random(self.seed)  # noqa: S311  # nosec B311

    def add(
        self,
        what: int | str,
        *,
        on: str = "",
        times: int | None = 1,
        skip: int = 0,
        probability: float = 1.0,
        delay: float = 0.0,
        reset: int = 1,
        status: int = 0,
    ) -> Fault:
        """Adds a fault and returns it; its `struck` counts. Raises ValueError for an unknown name."""
        if not str(what).isdigit() and what not in NAMES:
            raise ValueError(f"no such fault: {what}; give a code or one of {', '.join(NAMES)}")
        fault = Fault(str(what), on, times, skip, probability, delay, reset, status)
        with self.lock:
            self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Takes all faults away."""
        with self.lock:
            self.waiting.clear()

    def next(self, operation: str) -> Fault | None:
        """The fault that strikes this call, if any."""
        if operation in ("", "auth.token"):
            return self._token_fault() if operation else None
        with self.lock:
            return self._strike(operation)

    def _token_fault(self) -> Fault | None:
        with self.lock:
            return self._strike("auth.token", named_only=True)

    def _strike(self, operation: str, *, named_only: bool = False) -> Fault | None:
        for fault in self.waiting:
            if not fault.matches(operation) or (named_only and not fault.on):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if self.random.random() >= fault.probability:
                continue
            fault.struck += 1
            if fault.times is not None and fault.struck >= fault.times:
                self.waiting.remove(fault)
            return fault
        return None
