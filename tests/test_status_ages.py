"""How old something is, in the words of /status and /sources."""

from __future__ import annotations

import pytest

from worker.jobs.status import age_in_words

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (-5.0, "under a minute", "不到 1 分钟"),
        (59.9, "under a minute", "不到 1 分钟"),
        (MINUTE, "1 min", "1 分钟"),
        (HOUR - 1, "59 min", "59 分钟"),
        (HOUR, "1 h", "1 小时"),
        (2 * DAY - 1, "47 h", "47 小时"),
        (2 * DAY, "2 days", "2 天"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(seconds: float, english: str, chinese: str) -> None:
    assert age_in_words(seconds, "en") == english
    assert age_in_words(seconds, "zh") == chinese
