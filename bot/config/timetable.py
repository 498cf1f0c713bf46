"""When something happens by itself: every so often, or by a cron line in the machine's local time.

A moment belongs to a slot; whoever acts once in a slot, under its name, acts as often as the timetable says
however many look at it. Cron lines are read by croniter, which RQ brings along.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_UNITS = {"m": 60, "h": 3600, "d": 86_400}
WANTED = "must be such as 30m, 1h, 2d, or a cron line such as 0 3 * * *"


@dataclass(frozen=True)
class Timetable:
    """Either an interval in seconds or a cron line."""

    seconds: int = 0
    cron: str = ""

    def slot(self, now: float) -> float:
        """The last moment, in Unix seconds, at which it was due."""
        if self.seconds:
            return now // self.seconds * self.seconds
        from croniter import croniter  # 0.1 s to import; most processes never ask

        return float(croniter(self.cron, datetime.fromtimestamp(now)).get_prev(datetime).timestamp())

    def is_due(self, last: float, now: float) -> bool:
        """Whether it is to happen, having happened last at `last`; both Unix seconds."""
        if self.seconds:
            return now - last >= self.seconds
        return last < self.slot(now)


def read_timetable(text: str) -> Timetable | None:
    """Reads one; None for an empty text. Raises ValueError that says what is wanted."""
    text = " ".join(text.split())
    if not text:
        return None
    if found := re.fullmatch(r"(\d{1,5}) ?([mhd])", text):
        seconds = int(found.group(1)) * _UNITS[found.group(2)]
        if seconds < 60:
            raise ValueError(WANTED)
        return Timetable(seconds)
    from croniter import CroniterError, croniter

    try:
        croniter(text, datetime(2026, 1, 1)).get_prev(datetime)
    except (CroniterError, ValueError) as error:
        raise ValueError(WANTED) from error
    if not text.startswith("@") and len(text.split(" ")) != 5:
        raise ValueError(WANTED)
    return Timetable(cron=text)
