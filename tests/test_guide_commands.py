"""Every command that the README and the guide print, typed into a fresh shell.

What can be run here is run in a copy of the checkout that finds a Redis. A few commands, and all in which a
shell has something to do, are typed into a shell that knows nothing but PATH and HOME and has activated the
environment as the guide says; those that are no more than a program's name and words start warm
(tests/warm_start.py) with what that shell would give them. What cannot be run stands in CANNOT with the
reason. A command that a page prints and nobody classified fails the first test, and so does the reverse.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.supervisor.redis_server import RedisServer, free_port
from tests.waiting import START_LIMIT, wait_for
from tests.warm_start import warm_start

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "docs/scale-out.md"]
PAGES += [*ROOT.glob("docs/en/*.md"), *ROOT.glob("docs/zh/*.md")]
COMMAND = re.compile(
    r"\.venv/bin/|python -m|make |gunicorn|ngrok|docker|systemctl|journalctl|git |source |lmdeploy |chmod"
)
PUT_IN = {
    r"MESSAGE_ID|消息ID": "om_1",
    r"OPEN_ID": "ou_1",
    r"\bDIR\b": "kept",
    r"--batch F\.jsonl": "--batch few.jsonl",
    r"F\.jsonl|FILE|文件": "rows.jsonl",
    r"CHAT\.jsonl": "chat.jsonl",
    r"PATH|路径": "HuixiangDou",
    r'"(\.\.\.|your question|你的问题)"': '"How do I reindex?"',
    r"NAME": "engine",
    r" (OLD NEW|旧 新)": "",
}
"""What a reader puts in the place of these words."""


INDEXED = ("commands.md", "documents.md", "getting-started.md")
"""The pages of each language that the copy holds: no command asks for more, and all take 10 s to index."""
QUESTIONS = 25
"""Labelled questions of each kind that it holds: enough to fit a gate on."""


TYPED = ("python -m index build", "python -m bot doctor")
PLAIN = re.compile(r"(?:\.venv/bin/)?python -m ((?:bot|index)(?: [^;&|<>$`()*]*)?)")


@dataclass(frozen=True)
class Done:
    """A command that ends."""

    said: str
    status: int = 0
    first: str = ""
    """What a reader has done before."""


@dataclass(frozen=True)
class Stays:
    """A command that runs until it is stopped, and the words by which it is known to be up."""

    said: str


_AGAIN = "rm -f HuixiangDou/config.yaml HuixiangDou/*.jsonl"
RUNS: dict[str, Done | Stays] = {
    ".venv/bin/python -m index build": Done("nothing changed"),
    "python -m index build": Done("nothing changed"),
    '.venv/bin/python -m bot ask "How do I reindex?"': Done("/reindex"),
    '.venv/bin/python -m bot ask "怎样撤回机器人的回答？"': Done("/recall"),
    'python -m bot ask "..."': Done("/reindex"),
    "python -m bot ask --batch F.jsonl --json": Done('"outcome"'),
    "python -m bot explain MESSAGE_ID": Done("no trace of om_1"),
    "python -m bot explain 消息ID": Done("no trace of om_1"),
    "python -m bot report --since 7d": Done("0"),
    "python -m bot report": Done("0"),
    "python -m bot explain MESSAGE --json": Done('"outcome": "unknown"'),
    "python -m bot audit": Done(""),
    "python -m bot failed": Done("nothing was given up on"),
    "python -m bot forget OPEN_ID": Done("erased 0 questions"),
    "python -m bot backup DIR": Done("keys of Redis", first="rm -rf kept"),
    "python -m bot restore DIR": Done("keys of Redis", first="rm -rf kept; python -m bot backup kept"),
    "python -m bot completion bash": Done("complete -o"),
    "source .venv/bin/activate": Done(""),
    "source <(.venv/bin/python -m bot completion bash)": Done(""),
    "python -m bot migrate PATH": Done("config.yaml", first=_AGAIN),
    "python -m bot migrate 路径": Done("config.yaml", first=_AGAIN),
    ".venv/bin/python -m bot doctor": Done("next: `python -m bot connect`", status=1),
    "python -m bot doctor": Done("next: `python -m bot connect`", status=1),
    "python -m bot notify": Done("Missing argument", status=1),
    'python -m bot notify "..."': Done("feishu.webhook_url is empty", status=1),
    'python -m bot notify "the index was rebuilt"': Done("feishu.webhook_url is empty", status=1),
    'python -m bot notify "索引已重建"': Done("feishu.webhook_url is empty", status=1),
    "python -m bot": Done("doctor"),
    "python -m bot --version": Done("Fennel "),
    "python -m bot ask": Done("give either a question or --batch FILE", status=1),
    "python -m bot explain": Done("Missing argument", status=1),
    "python -m bot forget": Done("Missing argument", status=1),
    "python -m index": Done("build"),
    'python -m index search "..."': Done("passages from"),
    'python -m index search "your question"': Done("passages from"),
    'python -m index search "你的问题"': Done("passages from"),
    "python -m index versions": Done("documents"),
    "python -m index check": Done("answered"),
    "python -m index diff OLD NEW": Done("->", first="python -m index build --force"),
    "python -m index diff 旧 新": Done("->", first="python -m index build --force"),
    "python -m index rollback": Done("is current", first="python -m index build --force"),
    "python -m index calibrate --questions FILE": Done("precision"),
    "python -m index calibrate --questions 文件": Done("precision"),
    "python -m index eval gate --questions FILE": Done("precision"),
    "python -m index eval gate --questions 文件": Done("precision"),
    "python -m index eval retrieval --queries FILE": Done("mrr"),
    "python -m index eval retrieval --queries 文件": Done("mrr"),
    "python -m worker": Stays("worker_started"),
    ".venv/bin/python -m worker": Stays("worker_started"),
    "python -m worker --queue index": Stays("worker_started"),
    "gunicorn wsgi:app": Stays("Listening at"),
    "export FEISHU_APP_ID=cli_xxxxxxxx": Done(""),
    "export FEISHU_APP_SECRET=xxxxxxxx": Done(""),
    "export FEISHU_ENCRYPT_KEY=xxxxxxxx": Done(""),
    "export FEISHU_VERIFICATION_TOKEN=xxxxxxxx": Done(""),
    "export FENNEL_REDIS__URL=redis://10.0.0.10:6379/0": Done(""),
    "export FENNEL_INDEX__DIR=data/index": Done(""),
    "export FENNEL_LLM__ENGINE=openai": Done(""),
    "export FENNEL_LLM__BASE_URL=http://10.0.0.20:8001/v1": Done(""),
    "export FENNEL_LLM__BASE_URL=http://10.0.0.21:23333/v1,http://10.0.0.22:23333/v1": Done(""),
}
CANNOT = {
    r"make (demo|demo ONCE=1|test|lint)": ".ci/run runs it on a fresh machine",
    r"make demo DOCS=\S+": "sets up an environment; tests/test_own_documents.py has its parts",
    r"make (setup|dev)( EXTRAS=.*)?": "installs packages into the environment that runs the tests",
    r"make ocr": "installs packages into the environment that runs the tests",
    r"make setup-gpu": "needs an NVIDIA card",
    r"make bench|python -m bench\.\S+( --json)?": "takes minutes; each benchmark has a test of its own",
    r"(\.venv/bin/)?python -m bot (connect|up|longconn)": "needs a Feishu: test_connect.py has one",
    r"python -m bot up --tunnel": "needs ngrok's service: tests/test_supervisor.py has a stand-in",
    r"python -m bot replay CHAT\.jsonl": "tests/scenarios/test_replay.py runs it",
    r"\.venv/bin/honcho start": "the processes of the Procfile are run one by one here",
    r"ngrok .*": "needs ngrok's service",
    r"docker .*": "needs a Docker daemon; tests/test_deploy.py reads what it would read",
    r"(sudo |systemctl |journalctl ).*|cd /srv/fennel": "changes the machine; see tests/test_deploy.py",
    r"lmdeploy serve .*": "needs an NVIDIA card",
    r"rsync .*": "needs a second machine",
    r"git pull": "needs a remote",
    r"chmod 600": "a part of a sentence, without a file",
}
"""Patterns of commands that are not run here, and why."""


def printed() -> set[str]:
    """Every command of every page: lines of shell blocks, and commands in the text."""
    found: set[str] = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:bash|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            lines = block.replace("\\\n", " ").splitlines()
            found |= {re.sub(r"\s+#\s.*", "", line).strip() for line in lines}
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        found |= {span for span in re.findall(r"`([^`\n]+)`", prose) if COMMAND.match(span)}
    return {" ".join(command.split()) for command in found if command}


def test_every_printed_command_is_run_or_has_a_reason_why_not() -> None:
    commands = printed()
    reasons = {name: [one for one in CANNOT if re.fullmatch(one, name)] for name in commands}
    unknown = sorted(name for name in commands if name not in RUNS and not reasons[name])
    assert not unknown, "say in RUNS what comes of it, or in CANNOT why it is not run"
    assert sorted(set(RUNS) - commands) == [], "no page prints it any more"
    used = {one for name in commands if name not in RUNS for one in reasons[name]}
    assert sorted(set(CANNOT) - used) == [], "no page prints such a command any more"


@pytest.fixture(scope="module")
def checkout(
    tmp_path_factory: pytest.TempPathFactory, embedded_guide: Callable[[Path], Path]
) -> Iterator[Path]:
    """A copy of the checkout with its environment and an index, and with what a reader has at hand."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        page = re.fullmatch(r"docs/(?:en|zh)/(.*)", name)
        if page and page[1] not in INDEXED:
            continue
        if (ROOT / name).is_file() and not name.startswith(("tests/", "bench/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    rows = [json.loads(line) for line in (ROOT / "docs/questions.jsonl").read_text("utf-8").splitlines()]
    rows = rows[:QUESTIONS] + rows[-QUESTIONS:]
    (folder / "docs/questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    both = [{**row, "query": row["text"], "relevant": ["en/commands.md"]} for row in rows]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in both), "utf-8")
    (folder / "few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:3]), "utf-8")
    (folder / "HuixiangDou").mkdir()
    (folder / "HuixiangDou" / "config.ini").write_text("[web_search]\nengine = 'ddgs'\n", "utf-8")
    with RedisServer(folder / "redis") as redis:
        (folder / "environment").write_text(f"FENNEL_REDIS__URL={redis.url}\n", "utf-8")
        embedded_guide(folder / "data/index")
        assert type_in(folder, ".venv/bin/python -m index build").returncode == 0
        yield folder


def environment(folder: Path) -> dict[str, str]:
    """What a fresh shell knows, and where this test's Redis and free ports are."""
    redis = (folder / "environment").read_text("utf-8").strip().partition("=")[2]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PIP_CERT") if name in os.environ}
    return {
        **kept,
        "FENNEL_REDIS__URL": redis,
        "FENNEL_WEB__PORT": str(free_port()),
        "FENNEL_WEB__OPERATOR_PORT": "0",
        "OMP_NUM_THREADS": "1",
    }


def put_in(command: str) -> str:
    for pattern, word in PUT_IN.items():
        command = re.sub(pattern, word, command)
    return command


def script(command: str) -> str:
    return f"source .venv/bin/activate; {put_in(command)}"


def type_in(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    given = environment(folder)
    plain = PLAIN.fullmatch(put_in(command))
    if plain and command not in TYPED:
        path = f"{folder}/.venv/bin:{given['PATH']}"
        return warm_start().run(shlex.split(plain[1]), folder, {**given, "PATH": path})
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script(command)],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def distinct(kind: type[Done] | type[Stays]) -> list[str]:
    """The commands of a kind; those of the two languages that come to the same are typed in once."""
    typed = {(script(name.removeprefix(".venv/bin/")), end): name for name, end in RUNS.items()}
    return [name for (_, end), name in typed.items() if isinstance(end, kind)]


@pytest.mark.slow
@pytest.mark.parametrize("command", distinct(Done))
def test_a_printed_command_does_what_the_page_says(command: str, checkout: Path) -> None:
    end = RUNS[command]
    assert isinstance(end, Done)
    for first in filter(None, end.first.split("; ")):
        assert type_in(checkout, first).returncode == 0
    done = type_in(checkout, command)
    assert done.returncode == end.status, done.stdout + done.stderr
    assert end.said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", distinct(Stays))
def test_a_printed_command_that_stays_comes_up_and_stops(command: str, checkout: Path) -> None:
    end = RUNS[command]
    log = checkout / "stays.log"
    keys = {"FEISHU_ENCRYPT_KEY": "key", "FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "s"}
    away = {"FENNEL_FEISHU__DOMAIN": f"http://127.0.0.1:{free_port()}"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", script(f"exec {command}")],
            cwd=checkout,
            env={**environment(checkout), **keys, **away},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: end.said in log.read_text("utf-8"), f"{command}: {end.said}", START_LIMIT)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_LIMIT)
    assert "Traceback" not in log.read_text("utf-8")
