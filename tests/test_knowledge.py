"""worker.process.knowledge: running questions follow the gate that is in use."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.errors import IndexMismatch, IndexMissing
from index.build.build import build
from index.gate.model import GateStore
from tests.house import until, write_documents, write_questions
from worker.process.knowledge import Knowledge

pytestmark = pytest.mark.slow


def test_a_gate_whose_file_is_gone_is_named(tmp_path: Path) -> None:
    store = GateStore(tmp_path)
    store.folder.mkdir()
    (store.folder / "CURRENT").write_text("20260101T000000\n", encoding="utf-8")
    with pytest.raises(IndexMismatch, match="'20260101T000000' is in use but no longer in"):
        store.current()


@pytest.fixture
def built(tmp_path: Path) -> Settings:
    """Settings of an index with a gate fitted on a few questions."""
    settings = Settings(
        index={
            "dir": tmp_path / "index",
            "sources": [{"path": write_documents(tmp_path / "documents")}],
            "gate": {"questions": [write_questions(tmp_path / "questions.jsonl")]},
        }
    )  # type: ignore[arg-type]
    build(settings)
    return settings


def test_a_gate_put_in_use_or_gone_back_to_reaches_a_running_worker(built: Settings) -> None:
    knowledge = Knowledge(built, redis=None)
    knowledge.start()
    try:
        store, first = GateStore(built.index.dir), knowledge.current
        before = store.current_name()
        store.apply(dataclasses.replace(first.gate.model, name="stricter"))
        until(lambda: knowledge.current.gate.model.name == "stricter")
        assert knowledge.current.searcher is first.searcher

        (store.folder / "broken.json").write_text("{}", encoding="utf-8")
        store.use("broken")
        until(lambda: knowledge._gate_refused == "broken")
        assert knowledge.current.gate.model.name == "stricter", "the old one stays in use"

        store.use(before)
        until(lambda: knowledge.current.gate.model.name == first.gate.model.name)
    finally:
        knowledge.stop()


def test_a_worker_waits_for_a_gate_that_it_can_read(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade: the gate was fitted by the release before."""
    monkeypatch.setattr("worker.process.knowledge.RETRY", 0.05)
    store = GateStore(built.index.dir)
    before = store.current_name()
    (store.folder / "older.json").write_text("{}", encoding="utf-8")
    store.use("older")
    knowledge = Knowledge(built, redis=None)
    knowledge.start()
    try:
        with pytest.raises(IndexMissing, match="another release"):
            _ = knowledge.current
        store.use(before)
        until(lambda: knowledge.serving)
    finally:
        knowledge.stop()
