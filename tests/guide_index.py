"""An index of Fennel's own guide, built once for all processes of a run: embedding it takes seconds.

A plugin, so imports are as in tests/conftest.py.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.config.settings import Settings

DOCS = Path(__file__).resolve().parents[1] / "docs"
EMBEDDINGS = "embeddings.sqlite"


def settings_of_guide(folder: Path) -> Settings:
    """What config.yaml says, for an index in `folder`."""
    from bot.config.settings import IndexSettings, LLMSettings, Settings, SourceSettings

    sources = (SourceSettings(path=DOCS, include=("en/**/*.md", "zh/**/*.md")),)
    return Settings(index=IndexSettings(dir=folder, sources=sources), llm=LLMSettings(engine="extractive"))


@pytest.fixture(scope="session")
def guide_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index itself; who changes it takes a copy."""
    from index.build.build import build

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if own.name.startswith("popen-") else own) / "guide-index"
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            build(settings_of_guide(folder))
            (folder / "built").touch()
    return folder


@pytest.fixture(scope="session")
def embedded_guide(guide_index: Path) -> Callable[[Path], Path]:
    """Puts the vectors of the guide into the folder of an index, for a build that needs others as well."""

    def put_into(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(guide_index / EMBEDDINGS, folder)
        return folder

    return put_into
