"""The release before this one and this one on one queue, both really run, each taking what the other queued.

The other release is checked out of this repository's history; where that is not there the test is skipped
(tests/scenarios/test_other_release.py and test_old_jobs.py have recorded jobs of it).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from shutil import copy

import pytest
from redis import Redis

from bot.supervisor.redis_server import RedisServer, free_port
from simulator import LocalFeishu
from tests.forked_python import forks
from tests.house import unfinished, words
from tests.waiting import START_LIMIT, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BEFORE = "7a202bd"
"""The release before: its first commit."""
PAGES = ("commands.md", "documents.md")
"""The pages of the guide that both index."""
ROOT = Path(__file__).parents[2]
QUESTION = "怎么让机器人重新索引文档？"
ANSWERS = ("reindex", "重新索引")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the other release with an index of its own guide."""
    packed = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"the history of {BEFORE} is not here")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as tree:
        if hasattr(tarfile, "data_filter"):  # Debian's Python 3.11.2 has none
            tree.extraction_filter = tarfile.data_filter
        tree.extractall(folder)
    for page in folder.glob("docs/*/*.md"):
        if page.name not in PAGES:
            page.unlink()
    built(folder)
    return folder


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree's own index of its guide, in a folder that looks like a checkout."""
    folder = tmp_path_factory.mktemp("now")
    for name in ("bot", "index", "worker", "config.yaml", "gunicorn.conf.py", "wsgi.py"):
        (folder / name).symlink_to(ROOT / name)
    for page in ROOT.glob("docs/*/*.md"):
        if page.name in PAGES:
            (folder / "docs" / page.parent.name).mkdir(parents=True, exist_ok=True)
            copy(page, folder / "docs" / page.parent.name)
    with forks():
        built(folder)
    return folder


def built(root: Path) -> None:
    environment = {**os.environ, "FENNEL_INDEX__DIR": str(root / "data/index"), "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-m", "index", "build"], cwd=root, env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


class Both:
    """One Redis and one Feishu for both releases."""

    def __init__(self, folder: Path, redis: RedisServer) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = redis.url
        self.redis = Redis.from_url(redis.url)
        self.feishu = LocalFeishu(
            push_to=f"http://127.0.0.1:{self.port}/feishu/event", encrypt_key="k" * 20, scale=0.05
        )

    @contextmanager
    def running(self, root: Path, part: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of the release whose checkout is `root`; killed at the end."""
        app = self.feishu.app
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FENNEL_")},
            "PYTHONPATH": str(root),
            "FENNEL_FEISHU__APP_ID": app.app_id,
            "FENNEL_FEISHU__APP_SECRET": app.app_secret,
            "FENNEL_FEISHU__ENCRYPT_KEY": "k" * 20,
            "FENNEL_FEISHU__VERIFICATION_TOKEN": app.verification_token,
            "FENNEL_FEISHU__DOMAIN": self.feishu.url,
            "FENNEL_REDIS__URL": self.url,
            "FENNEL_WEB__PORT": str(self.port),
            "FENNEL_INDEX__DIR": str(root / "data/index"),
            "FENNEL_LLM__ENGINE": "extractive",
        }
        with (self.folder / f"{root.name}-{part}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=root,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(START_LIMIT)

    def asked_of(self, web: Path) -> list[str]:
        """Questions that the webhook of one release took, with nobody there to answer."""
        with self.running(web, "web", "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"):
            asked = [self.feishu.say(text=QUESTION, mention_bot=True, user=f"ou_{n}") for n in range(3)]
            wait_for(lambda: all(self.redis.exists(f"fennel:seen:{one}") for one in asked), limit=START_LIMIT)
        return asked

    def answered_by(self, worker: Path, asked: list[str]) -> None:
        """The worker of a release answers all of it, each once."""
        with self.running(worker, "worker", "-m", "worker"):
            for message in asked:
                card = self.feishu.wait_for_card(message, START_LIMIT)
                assert any(word in words(card) for word in ANSWERS), words(card)
            wait_for(lambda: not unfinished(self.redis))
        assert [len(self.feishu.cards(message)) for message in asked] == [1] * len(asked)
        assert not self.redis.zcard("rq:failed:answer")


@pytest.fixture
def both(tmp_path: Path, forked_python: None) -> Iterator[Both]:
    with ExitStack() as stack:
        both = Both(tmp_path, stack.enter_context(RedisServer(tmp_path / "redis")))
        stack.callback(both.redis.close)
        both.feishu.pushes.retry_after = (5.0,) * 20
        stack.enter_context(both.feishu)
        both.redis.set("fennel:bot:open_id", both.feishu.bot_open_id)
        yield both


def test_this_release_answers_what_the_one_before_queued(both: Both, before: Path, now: Path) -> None:
    both.answered_by(now, both.asked_of(before))


def test_the_one_before_answers_what_this_release_queued(both: Both, before: Path, now: Path) -> None:
    both.answered_by(before, both.asked_of(now))
