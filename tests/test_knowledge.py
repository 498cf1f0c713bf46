"""worker.knowledge: running questions follow the gate that is in use."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from bot.config import Settings
from index.build import build
from index.gate_model import GateStore
from tests.house import until, write_documents, write_questions
from worker.knowledge import Knowledge


def test_a_gate_put_in_use_or_gone_back_to_reaches_a_running_worker(tmp_path: Path) -> None:
    settings = Settings(
        index={
            "dir": tmp_path / "index",
            "sources": [{"path": write_documents(tmp_path / "documents")}],
            "gate": {"questions": [write_questions(tmp_path / "questions.jsonl")]},
        }
    )  # type: ignore[arg-type]
    build(settings)
    knowledge = Knowledge(settings, redis=None)
    knowledge.start()
    try:
        store, first = GateStore(settings.index.dir), knowledge.current
        before = store.current_name()
        store.apply(dataclasses.replace(first.gate.model, name="stricter"))
        until(lambda: knowledge.current.gate.model.name == "stricter")
        assert knowledge.current.searcher is first.searcher

        (store.folder / "broken.json").write_text("{}", encoding="utf-8")
        store.use("broken")
        until(lambda: knowledge._gate_name == "broken")
        assert knowledge.current.gate.model.name == "stricter", "the old one stays in use"

        store.use(before)
        until(lambda: knowledge.current.gate.model.name == first.gate.model.name)
    finally:
        knowledge.stop()
