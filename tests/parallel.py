"""How the tests are shared out over processes: `pytest -n auto`, which is what `make test` runs.

A file stays whole, so that what it sets up once is set up once; each process has a Redis, an index and a
browser of its own. Files in one group run in the same process, one after the other. The longest files come
first, then those with slow tests, so that no long one is left over at the end.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
GROUPS = {
    "tests/scenarios/test_card_page.py": "browser",
    "tests/scenarios/test_group_page.py": "browser",
    "tests/test_simulator_page.py": "browser",
    "tests/scenarios/test_chaos.py": "processes",
    "tests/scenarios/test_scale_out.py": "processes",
    "tests/test_embed.py": "models",
    "tests/test_rerank.py": "models",
    "tests/test_strong.py": "models",
}
"""File -> group, for what would get in its own way, several Chromiums or bots of many processes, and for what
is imported for ten seconds: sentence-transformers."""
LONGEST = (
    "tests/scenarios/test_chaos.py",
    "tests/scenarios/test_group_page.py",
    "tests/scenarios/test_webhook.py",
    "tests/scenarios/test_health.py",
    "tests/test_hostile_documents.py",
    "tests/scenarios/test_connect.py",
    "tests/test_page_access.py",
    "tests/scenarios/test_feishu_away.py",
    "tests/scenarios/test_bad_sources.py",
    "tests/test_streams.py",
    "tests/test_guide_commands.py",
    "tests/test_embed.py",
    "tests/scenarios/test_burst.py",
    "tests/scenarios/test_killed_while_waiting.py",
    "tests/scenarios/test_ending.py",
    "tests/test_charsets.py",
    "tests/test_check.py",
    "tests/scenarios/test_colleagues.py",
    "tests/scenarios/test_streaming_faults.py",
    "tests/test_card_limits.py",
    "tests/test_linear_expressions.py",
    "tests/test_long_replies.py",
    "tests/scenarios/test_live_index.py",
    "tests/test_own_guide.py",
    "tests/test_broken_setups.py",
    "tests/test_gate.py",
    "tests/test_build.py",
    "tests/scenarios/test_release_before.py",
    "tests/test_milvus.py",
    "tests/scenarios/test_asked_while_changing.py",
    "tests/test_incremental.py",
    "tests/scenarios/test_bad_input.py",
    "tests/scenarios/test_replay.py",
    "tests/scenarios/test_injection.py",
    "tests/test_turbomind.py",
)
"""Files of ten seconds and more, with the files of their group, the longest first."""
MORE, MORE_WITH_SLOW = 2, 3
"""Processes more than cores; many of the slow tests wait for sockets and processes of their own."""
MOST = 8


class ByFile(LoadScopeScheduling):
    """Hands out files and groups of files, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return GROUPS.get(file, file)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Imports the test files, each process beginning with others, where all are going to be collected.

    A file is compiled by the first that imports it: in a new clone every process would compile every file.
    """
    asked_for = [Path(one).resolve() for one in session.config.args]
    if hasattr(session.config, "workerinput") and asked_for == [TESTS]:
        given = session.config.workerinput
        files = sorted((*TESTS.glob("test_*.py"), *TESTS.glob("scenarios/test_*.py")))
        first = int(given["workerid"].removeprefix("gw")) * len(files) // given["workercount"]
        for file in files[first:] + files[:first]:
            name = ".".join(file.relative_to(TESTS.parent).with_suffix("").parts)
            with suppress(
                Exception, pytest.skip.Exception
            ):  # collecting it says what is wrong, or why it is left out
                importlib.import_module(name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What -n auto means."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(own + (MORE if config.option.markexpr else MORE_WITH_SLOW), MOST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Whatever --dist says."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then those with slow tests; within a file, the order stays."""
    slow = slow_files(items)

    def turn(item: pytest.Item) -> tuple[int, bool]:
        file = item.nodeid.partition("::")[0]
        return LONGEST.index(file) if file in LONGEST else len(LONGEST), item.path not in slow

    items.sort(key=turn)


def slow_files(items: Sequence[pytest.Item]) -> set[object]:
    """The files in which a test is marked slow."""
    return {item.path for item in items if item.get_closest_marker("slow")}
