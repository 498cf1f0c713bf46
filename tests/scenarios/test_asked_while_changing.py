"""Five questions a second go through the whole bot while its index is rebuilt from chat, swapped and rolled
back and a build is killed: each answer is of one version, and none fails. Counted in answers, not in seconds.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.supervisor.redis_server import RedisServer
from bot.trace import read
from index.build.build import build
from index.search.versions import Versions
from tests.house import House, until, words, write_questions
from tests.waiting import join

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("read_here", "forked_python")]

EACH = 5
"""Answers that are waited for after each event."""
PACE = 0.2
"""Seconds between two questions."""
SIZES = ("12", "24", "48")
QUESTION = "Harbor 的连接池默认大小是多少？"
KILLED = """
import json, sys
from pathlib import Path
from bot.config.settings import Settings
from index.build.build import build
from index.search.embed import EmbeddedEmbedder

class Stuck(EmbeddedEmbedder):
    def embed(self, texts):
        Path(sys.argv[1]).touch()
        sys.stdin.read()

build(Settings(index=json.loads(sys.argv[2])), embedder=Stuck())
"""


class ChangingHouse(House):
    """A bot whose documents a test rewrites; its admin has it take them up."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.documents = folder / "documents"
        self.documents.mkdir()
        self.index = {
            "dir": str(folder / "index"),
            "sources": [{"path": str(self.documents), "url": "https://docs.example.com/harbor"}],
            "gate": {"questions": [str(write_questions(folder / "questions.jsonl"))]},
        }
        super().__init__(redis_url, folder, self.documents, settings={"index": self.index}, indexer=True)
        self.redis.flushall()
        self.versions = Versions(folder / "index")

    def write(self, size: str) -> None:
        """The documents say something else from now on, on both their pages."""
        for page in ("设置", "运维"):
            text = f"# 连接池的{page}\n\nHarbor 的连接池默认大小是 {size} 个连接。\n"
            (self.documents / f"{page}.md").write_text(text, "utf-8")

    def take_up(self) -> str:
        """`/reindex`; returns when the new version answers."""
        before = self.serving
        self.ask("/reindex", user="ou_admin")
        until(lambda: self.serving not in ("", before))
        return self.serving

    @property
    def serving(self) -> str:
        """The version that answers are given from."""
        assert self.process is not None
        return self.process.knowledge.serving


class Asking:
    """Somebody else asks every PACE seconds."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.asked: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="asking")
        self._thread.start()

    def _ask(self) -> None:
        while not self._stop.wait(PACE):
            self.asked.append(self.house.ask(QUESTION, user=f"ou_{len(self.asked)}"))

    def more(self) -> None:
        """Returns when EACH questions that are yet to be asked are answered."""
        first = len(self.asked) + 1  # one may be on its way
        until(lambda: len(self.asked) >= first + EACH)
        for asked in self.asked[first : first + EACH]:
            self.house.card(asked)

    def stop(self) -> None:
        """Asks no more."""
        self._stop.set()
        join(self._thread)


@pytest.fixture
def house(server: RedisServer, tmp_path: Path) -> Iterator[ChangingHouse]:
    with ChangingHouse(server.url, tmp_path) as house:
        house.write(SIZES[0])
        build(house.settings, redis=house.redis)
        until(lambda: house.serving)
        yield house


def test_every_answer_is_of_one_version_and_none_fails(house: ChangingHouse, tmp_path: Path) -> None:
    said = {house.serving: SIZES[0]}
    first = house.serving
    asking = Asking(house)
    try:
        asking.more()
        house.write(SIZES[1])
        said[house.take_up()] = SIZES[1]
        asking.more()
        house.ask(f"/rollback {first}", user="ou_admin")
        until(lambda: house.serving == first)
        asking.more()
        house.write(SIZES[2])
        kill_a_build(house, tmp_path / "embedding")
        asking.more()
        assert house.versions.current() == house.serving == first
        said[house.take_up()] = SIZES[2]
        asking.more()
    finally:
        asking.stop()
    answers = [answer(house, asked) for asked in asking.asked]
    assert len(said) == 3
    assert {version for version, _ in answers} == set(said)
    assert [size for _, size in answers] == [said[version] for version, _ in answers]


def kill_a_build(house: ChangingHouse, begun: Path) -> None:
    """A build of its own process, killed while it embeds."""
    root = str(Path(__file__).parents[2])
    building = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(begun), json.dumps(house.index)],
        stdin=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
    )
    until(begun.exists)
    building.send_signal(signal.SIGKILL)
    building.communicate()


def answer(house: ChangingHouse, asked: str) -> tuple[str, str]:
    """The version a question was answered from, and the size that its card says, which must be one."""
    card = words(house.card(asked))
    sizes = set(re.findall(r"(\d+) 个连接", card))
    assert len(sizes) == 1, card
    facts = read(house.redis, asked)
    assert facts is not None
    assert facts["outcome"] == "answered", facts
    return str(facts["index_version"]), sizes.pop()
