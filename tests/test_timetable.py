"""When a source is read by itself: every so often, or by a cron line."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.config.settings import SourceSettings
from bot.config.timetable import read_timetable


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_every_so_often() -> None:
    hourly = read_timetable("1h")
    assert hourly is not None
    assert not hourly.is_due(at("2026-03-01 10:00"), at("2026-03-01 10:59"))
    assert hourly.is_due(at("2026-03-01 10:00"), at("2026-03-01 11:00"))
    assert hourly.is_due(0.0, at("2026-03-01 11:00"))
    begun = hourly.slot(at("2026-03-01 11:01"))  # a full hour where the time zone has full ones
    assert hourly.slot(begun + 60) == hourly.slot(begun + 3540) == begun


def test_a_cron_line_is_due_once_for_each_of_its_moments() -> None:
    nightly = read_timetable("30 3 * * mon-fri")
    assert nightly is not None
    monday, sunday = "2026-03-02", "2026-03-01"
    assert not nightly.is_due(at(f"{sunday} 04:00"), at(f"{monday} 03:29"))
    assert nightly.is_due(at(f"{sunday} 04:00"), at(f"{monday} 03:31"))
    assert not nightly.is_due(at(f"{monday} 03:32"), at(f"{monday} 23:00"))
    assert nightly.slot(at(f"{monday} 12:00")) == at(f"{monday} 03:30")


@pytest.mark.parametrize("wrong", ["soon", "0h", "30s", "61 * * * *", "* * *", "0 3 * * * *", "1 h h"])
def test_what_is_no_timetable_is_refused_with_what_is_wanted(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"must be such as 30m"):
        SourceSettings(site="https://a.example", every=wrong)


def test_nothing_is_no_timetable() -> None:
    assert read_timetable(" ") is None
