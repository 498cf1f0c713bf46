"""Questions go on while the index is rebuilt, swapped, rolled back and a build is killed.

Each answer is of one version, and none fails. Counted in answers, not in seconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.config.settings import Settings, SourceSettings
from index.build.build import build
from index.search.versions import Versions, Watcher, publish
from tests.index_files import WordEmbedder, settings_for
from tests.waiting import join, wait_for

pytestmark = pytest.mark.slow

EACH = 5
"""Answers that are waited for after each event."""
KILLED = """
import sys
from pathlib import Path
from bot.config.settings import SourceSettings
from index.build.build import build
from tests.index_files import WordEmbedder, settings_for

class Slow(WordEmbedder):
    def embed(self, texts):
        (Path(sys.argv[1]) / "embedding").touch()
        sys.stdin.read()
        return super().embed(texts)

folder = Path(sys.argv[1])
build(settings_for(folder, SourceSettings(path=folder / "pages")), embedder=Slow())
"""


class Asking:
    """Asks for the berth of the day again and again; each answer is kept with the version it came from."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.answers: list[tuple[str, str]] = []
        self.failures: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._stop.wait(0.02):
            try:
                searcher = self.watcher.searcher
                found = {one.text.split()[-1] for one in searcher.search("berth of the day", 2)}
                [fact] = found  # both pages say the same of one version, never one of each
                self.answers.append((searcher.version, fact))
            except BaseException as error:
                self.failures.append(error)
                return

    def more(self) -> None:
        """Waits for more answers."""
        wanted = len(self.answers) + EACH
        wait_for(lambda: self.failures or len(self.answers) >= wanted, "more answers")

    def stop(self) -> None:
        self._stop.set()
        join(*self._threads)


def write(folder: Path, fact: str) -> None:
    for page in ("north", "south"):
        (folder / f"{page}.md").write_text(
            f"# Berth of the day, {page}\n\nThe berth of the day: {fact}", "utf-8"
        )


def test_every_answer_is_of_one_version_and_none_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.search.versions.open_embedder", lambda _: WordEmbedder())
    folder = tmp_path / "pages"
    folder.mkdir()
    settings: Settings = settings_for(tmp_path, SourceSettings(path=folder))
    facts: dict[str, str] = {}

    def built(fact: str) -> str:
        write(folder, fact)
        version = build(settings, embedder=WordEmbedder()).version
        facts[version] = fact
        return version

    first = built("amber")
    versions = Versions(settings.index.dir)
    watcher = Watcher(settings).start()
    asking = Asking(watcher)
    try:
        asking.more()
        second = built("blue")
        wait_for(lambda: watcher.searcher.version == second, "the new version")
        asking.more()
        publish(first, versions, None)
        wait_for(lambda: watcher.searcher.version == first, "the old version")
        asking.more()
        write(folder, "coral")
        killed = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)],
            stdin=subprocess.PIPE,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        wait_for((tmp_path / "embedding").exists, "the build to be in the middle")
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        asking.more()
        assert versions.current() == first
        third = built("coral")
        wait_for(lambda: watcher.searcher.version == third, "the version after the killed one")
        asking.more()
    finally:
        asking.stop()
        watcher.stop()
    assert asking.failures == []
    assert {version for version, _ in asking.answers} == {first, second, third}
    assert all(facts[version] == fact for version, fact in asking.answers)
