"""A newcomer scans one code: an app is made, everything starts, the first mention is answered."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.supervisor.redis_server import free_port
from simulator import LocalFeishu

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_from_a_scan_to_the_first_answer(tmp_path: Path, index: Path, forked_python: None) -> None:
    asked: list[str] = []
    with LocalFeishu() as feishu:
        feishu.accounts.interval = 0
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("FEISHU_")},
            "FENNEL_ENV_FILE": str(tmp_path / ".env"),
            "FENNEL_FEISHU__DOMAIN": feishu.url,
            "FENNEL_REDIS__URL": f"redis://127.0.0.1:{free_port()}/0",
            "FENNEL_INDEX__DIR": str(index),
            "FENNEL_WEB__PORT": str(free_port()),
            "FENNEL_WEB__OPERATOR_PORT": "0",
            "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        for name in ("config.yaml", "gunicorn.conf.py", "wsgi.py"):
            (tmp_path / name).symlink_to(ROOT / name)
        said = _connect(feishu, tmp_path, environment, asked)
        cards = feishu.cards(asked[0])
    text = "\n".join(said)
    assert "The first message arrived." in text
    assert "The first answer went out" in text
    assert feishu.app.app_secret not in text
    assert "Traceback" not in text
    assert len(cards) == 1


def _connect(feishu: LocalFeishu, folder: Path, environment: dict[str, str], asked: list[str]) -> list[str]:
    """Runs the command, does what it asks of a person, stops it after an answer; what it printed."""
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "connect"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip())
            if link := re.search(r"http\S+addons=\S+", line):
                feishu.accounts.scan(link.group())
            if "mention it with a question" in line:
                asked.append(feishu.say("ou_alice", "How do I install Harbor?", mention_bot=True))
            if "The first answer" in line:
                process.send_signal(signal.SIGTERM)
        assert process.wait() == 0, said
    return said
