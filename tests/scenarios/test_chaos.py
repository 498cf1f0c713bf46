"""Every message gets exactly one final card, in order, while everything around it is killed.

A short seed of `python -m bench.chaos`, which runs twenty and more of 300 messages each.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.attack.verdict import run

MESSAGES = 50


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_message_gets_exactly_one_final_card(
    tmp_path: Path, guide_index: Path, forked_python: None
) -> None:
    report = run(
        shutil.copytree(guide_index, tmp_path / "index"),
        seed=20261124,
        messages=MESSAGES,
        folder=tmp_path / "bot",
    )
    assert (report.lost, report.doubled, report.out_of_order) == ([], [], []), report
    assert report.answered_once == MESSAGES
    assert report.pushes > 1.5 * MESSAGES, "messages are pushed several times"
    assert min(report.kills.values()) > 0, "web, worker and Redis were each killed"
    assert report.faults > 0, "Feishu misbehaved"
