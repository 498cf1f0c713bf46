"""`python -m bot replay`: an index that another Redis was told of is served all the same; logs stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config.settings import Settings
from demo import replay

pytestmark = pytest.mark.slow


@pytest.mark.timeout(240)
def test_a_recording_is_replayed_over_an_index_that_was_built_elsewhere(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = tmp_path / "chat.jsonl"
    rows = [{"id": "a", "text": "怎么清空 Harbor 的缓存？"}, {"id": "b", "text": "好的", "mention": False}]
    chat.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    folder = tmp_path / "replay"
    monkeypatch.setattr(replay, "FOLDER", folder)
    monkeypatch.setenv("FENNEL_LLM__ENGINE", "extractive")
    settings = Settings(index={"dir": index})  # type: ignore[arg-type]
    asked, chatted = replay.replay(replay.read(chat), settings)
    assert (asked.decision, asked.outcome, asked.cards) == ("answer", "answered", 1)
    assert (chatted.decision, chatted.cards) == ("", 0)
    assert "worker_started" in (folder / "worker.log").read_text("utf-8"), "the logs are where errors say"
