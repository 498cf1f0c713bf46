"""`python -m bot report`: what was asked, what came of it, what nobody could answer."""

from __future__ import annotations

import json
import time

import pytest
from redis import Redis
from typer.testing import CliRunner

from bot.__main__ import app
from bot.errors import ConfigError
from bot.redis_keys import FEEDBACK, TRACE
from bot.report import alike, as_html, made_of, seconds_of


def trace(question: str, outcome: str, **facts: object) -> dict[str, object]:
    return {"question": question, "outcome": outcome, "decision": "answer", "mentioned": True, **facts}


def test_questions_without_an_answer_are_put_together_by_their_words() -> None:
    groups = alike(["怎么导出报表", "请问怎么导出报表呢", "怎么退款", ""])
    assert [(group.example, group.count) for group in groups] == [("怎么导出报表", 2), ("怎么退款", 1)]


def test_the_figures_are_those_of_the_traces() -> None:
    traces = [
        trace("怎么安装", "answered", cited=["install.md"], usage={"calls": 1, "prompt_tokens": 900}),
        trace("怎么退款", "not_found"),
        trace("今天吃什么", "declined", decision="decline"),
        trace("谢谢", "thanked", decision=""),
    ]
    report = made_of(traces, [{"kind": "helpful"}, {"kind": "reason", "reason": "单位不对"}], 0.0)
    assert (report.asked, report.answered, report.declined) == (3, 1, 1)
    assert (report.helpful, report.unhelpful, report.reasons) == (1, 1, ["单位不对"])
    assert report.cited == {"install.md": 1}
    assert report.tokens["prompt_tokens"] == 900
    assert [one.example for one in report.unanswered] == ["怎么退款", "今天吃什么"]
    assert "<script" not in as_html(made_of([trace("<script>", "not_found")], [], 0.0))


@pytest.mark.parametrize("since", ["", "7", "d", "7 days", "-1d"])
def test_a_wrong_since_says_what_to_give(since: str) -> None:
    with pytest.raises(ConfigError, match="such as 7d"):
        seconds_of(since)


def test_the_command_prints_what_is_kept(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENNEL_REDIS__URL", redis_url)
    kept = {**trace("怎么退款", "not_found"), "started_at": time.time()}
    redis.set(TRACE.of("om_1"), json.dumps(kept))
    redis.set(TRACE.of("om_2"), json.dumps({**kept, "started_at": 1.0}))
    redis.hset(FEEDBACK.of("om_1"), "ou_1", json.dumps({"kind": "helpful", "at": time.time()}))
    shown = CliRunner().invoke(app, ["report", "--since", "7d", "--json"])
    assert shown.exit_code == 0, shown.output
    report = json.loads(shown.stdout)
    assert (report["asked"], report["helpful"]) == (1, 1)
    assert report["unanswered"] == [{"example": "怎么退款", "count": 1}]
