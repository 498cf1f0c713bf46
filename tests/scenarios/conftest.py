"""A small index of real documents that the stories of this folder are told over."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Settings
from index.build import build
from tests.house import write_documents, write_questions


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents of a product called Harbor, in Chinese and English."""
    return write_documents(tmp_path_factory.mktemp("harbor"))


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Path:
    """Their index; stories that change it make one of their own."""
    folder = tmp_path_factory.mktemp("index")
    sources = [{"path": documents, "url": "https://docs.example.com/harbor"}]
    questions = write_questions(folder / "questions.jsonl")
    settings = Settings(index={"dir": folder, "sources": sources, "gate": {"questions": [questions]}})  # type: ignore[arg-type]
    build(settings)
    return folder
