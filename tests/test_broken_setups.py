"""Broken configurations and environments, and the words people get for each.

Every row is a machine of its own: a folder with a settings file and a guide, a command, and what somebody
who knows neither Python nor Fennel must be able to read. `python -m tests.test_broken_setups` prints a table.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.supervisor.redis_server import RedisServer, free_port
from tests.warm_start import warm_start

ROOT = Path(__file__).resolve().parents[1]
FINE = "index: {dir: idx, sources: [{path: guide}], gate: {questions: []}}\nllm: {engine: extractive}\n"
SEARCH, BUILD = ("index", "search", "port"), ("index", "build")
EXPLAIN, DOCTOR, UP = ("bot", "explain", "om_1"), ("bot", "doctor"), ("bot", "up")
ASK, WEB = ("bot", "ask", "What is the port?"), ("gunicorn", "--config", "gunicorn.conf.py", "wsgi:app")
IMPORTED = ("redis", "flask")
"""Packages that a warm start has imported: what they are hidden from is started from nothing."""


def sources(listed: str, more: str = "") -> str:
    """A settings file of these sources."""
    return f"index: {{dir: idx, sources: [{listed}]{more}}}"


KEYS = {"FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "s", "FEISHU_ENCRYPT_KEY": "k"}
Prepare = Callable[[Path, ExitStack], Mapping[str, str]]


@dataclass(frozen=True)
class Broken:
    """What is wrong, what is typed, and words of the answer. `yaml` None: no settings file."""

    what: str
    command: tuple[str, ...]
    said: str
    yaml: str | bytes | None = FINE
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Prepare | None = None
    """Does more to the folder; what it returns is put into the environment."""


@cache
def index_of_the_guide() -> Path:
    """The index of a fine machine, which is built once."""
    place = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, place)
    machine(Path(place), FINE)
    run(Path(place), BUILD, {})
    return Path(place, "idx")


def built(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    shutil.copytree(index_of_the_guide(), folder / "idx")
    return {}


def damaged(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    built(folder, stack)
    for file in (folder / "idx" / "versions").glob("*/chunks.jsonl"):
        file.write_bytes(file.read_bytes()[:40])
    return {}


def of_another_embedder(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    built(folder, stack)
    for file in (folder / "idx" / "versions").glob("*/manifest.json"):
        file.write_text(file.read_text("utf-8").replace("use-multilingual-3", "use-multilingual-2"), "utf-8")
    return {}


def open_env_file(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    folder.chmod(0o755)
    (folder / ".env").write_text("FEISHU_APP_SECRET=s\n", "utf-8")
    (folder / ".env").chmod(0o644)
    return {}


def taken_port(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    taken = stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return {"FENNEL_WEB__PORT": str(taken.getsockname()[1]), **KEYS}


def redis_with_password(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    server = stack.enter_context(RedisServer(folder / "redis"))
    redis = stack.enter_context(Redis.from_url(server.url))
    redis.config_set("requirepass", "right")
    stack.callback(redis.config_set, "requirepass", "")  # this connection was there before the password
    return {"FENNEL_REDIS__URL": server.url.replace("redis://", "redis://:wrong@")}


def redis_at(edit: Callable[[str], str], password: str = "") -> Prepare:
    """A Redis, by an address that is not quite its own."""

    def prepare(folder: Path, stack: ExitStack) -> Mapping[str, str]:
        server = stack.enter_context(RedisServer(folder / "redis"))
        redis = stack.enter_context(Redis.from_url(server.url))
        redis.config_set("requirepass", password)
        stack.callback(redis.config_set, "requirepass", "")
        return {"FENNEL_REDIS__URL": edit(server.url)}

    return prepare


def with_file(name: str, content: bytes | None) -> Prepare:
    """A file of one's own, or a folder by its name."""

    def prepare(folder: Path, stack: ExitStack) -> Mapping[str, str]:
        place = folder / name
        if content is None:
            place.mkdir()
        else:
            place.write_bytes(content)
            place.chmod(0o600)
        return {}

    return prepare


def dangling(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    (folder / "config.yaml").symlink_to("settings/prod.yaml")
    return {}


def server(url: str) -> str:
    """A settings file of this model server."""
    return f"llm: {{engine: openai, model: m, base_url: '{url}'}}"


def without_package(name: str) -> Prepare:
    def prepare(folder: Path, stack: ExitStack) -> Mapping[str, str]:
        hook = (
            "import sys\n"
            "class Hidden:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            f"        if name.partition('.')[0] == '{name}':\n"
            f"            raise ModuleNotFoundError('No module named {name}', name='{name}')\n"
            "sys.meta_path.insert(0, Hidden())\n"
        )
        (folder / "sitecustomize.py").write_text(hook, "utf-8")
        if name != "flask":
            built(folder, stack)
        return {}

    return prepare


def questions(text: str) -> Prepare:
    def prepare(folder: Path, stack: ExitStack) -> Mapping[str, str]:
        built(folder, stack)
        (folder / "rows.jsonl").write_text(text, "utf-8")
        return {}

    return prepare


SETUPS = (
    Broken(
        "a misspelt setting",
        EXPLAIN,
        "feishu.app_idd: no such setting; did you mean app_id?",
        "feishu: {app_idd: x}",
    ),
    Broken("a misspelt section", EXPLAIN, "lmm: no such setting; did you mean llm?", "lmm: {engine: auto}"),
    Broken(
        "a tab in YAML",
        EXPLAIN,
        "line 2: it is indented with a tab; YAML wants spaces",
        "worker:\n\tconcurrency: 3",
    ),
    Broken("an open bracket in YAML", EXPLAIN, "is not valid YAML at line 2", "index: {sources: [\nllm: x"),
    Broken("a settings file in GBK", EXPLAIN, "it must be saved as UTF-8", "# 设置\n".encode("gbk")),
    Broken("a list at the top of the file", EXPLAIN, "must hold sections such as 'feishu:'", "- a\n- b\n"),
    Broken(
        "one admin in place of a list", EXPLAIN, 'admins: needs a list, such as ["a", "b"]', "admins: alice"
    ),
    Broken(
        "a name in place of an open_id",
        DOCTOR,
        "alice: no open_id, which begins with ou_",
        FINE + "admins: [alice]",
    ),
    Broken(
        "a file named by --config that is not there",
        (*EXPLAIN, "--config", "prod.yaml"),
        "settings file prod.yaml does not exist",
    ),
    Broken(
        "a secret file that is not there",
        EXPLAIN,
        "feishu.app_secret: cannot read /run/none",
        "feishu: {app_secret: '${file:/run/none}'}",
    ),
    Broken(
        "a variable that the file refers to is not set",
        EXPLAIN,
        "environment variable NOT_SET is not set",
        "feishu: {app_secret: '${NOT_SET}'}",
    ),
    Broken(
        "a variable that is no JSON",
        EXPLAIN,
        "FENNEL_ADMINS: is no JSON; lists and groups are JSON there",
        environment={"FENNEL_ADMINS": "ou_x"},
    ),
    Broken(
        "a misspelt variable",
        EXPLAIN,
        "there is no section 'lmm'",
        environment={"FENNEL_LMM__ENGINE": "auto"},
    ),
    Broken("a .env that everybody can read", EXPLAIN, "run `chmod 600", prepare=open_env_file),
    Broken(
        "a web address for Redis",
        EXPLAIN,
        "redis.url: must start with redis://",
        "redis: {url: 'http://10.0.0.5:6379'}",
    ),
    Broken("no Redis", EXPLAIN, "Redis does not answer; start one with `appendonly yes`, or set redis.url"),
    Broken(
        "a wrong Redis password",
        EXPLAIN,
        "redis.url: Redis refuses the user or the password",
        prepare=redis_with_password,
    ),
    Broken("no Feishu app", UP, "no Feishu app is connected: run `python -m bot connect`"),
    Broken("a webhook without keys", WEB, "feishu.encrypt_key and feishu.verification_token are empty"),
    Broken(
        "a fault in the settings of the webhook", WEB, "web.port: needs a whole number", "web: {port: http}"
    ),
    Broken("the webhook's port is taken", UP, "cannot be had (Address already in use)", prepare=taken_port),
    Broken(
        "operator pages open to all without a token",
        EXPLAIN,
        "operator_host is open to other machines: set operator_token",
        "web: {operator_host: 0.0.0.0}",
    ),
    Broken(
        "a source folder that is not there",
        BUILD,
        "nowhere: no such file or folder",
        sources("{path: nowhere}"),
    ),
    Broken(
        "an empty source folder",
        BUILD,
        "no page found in path:empty; look at the path",
        sources("{path: empty}"),
    ),
    Broken("no source at all", BUILD, "index.sources names nothing; give at least one", sources("")),
    Broken(
        "a link without its scheme",
        BUILD,
        "index.sources.0.url: must be a web address such as https://",
        sources("{path: guide, url: docs.example.org}"),
    ),
    Broken(
        "a link with a query",
        BUILD,
        "index.sources.0.url: must end before ?, as the paths of pages are added to it",
        sources("{path: guide, url: 'https://docs.example.org/?v=2'}"),
    ),
    Broken(
        "a folder of pictures",
        BUILD,
        "no file of a format that is read (1 .png)",
        sources("{path: pictures}"),
    ),
    Broken(
        "two sources that overlap",
        DOCTOR,
        "guide and guide/deep overlap: 1 files are indexed twice",
        sources("{path: guide}, {path: guide/deep}"),
    ),
    Broken(
        "a repository that cannot be reached",
        BUILD,
        "git clone failed",
        sources("{git: 'https://127.0.0.1:9/x.git'}"),
    ),
    Broken(
        "no git on the machine",
        BUILD,
        "git is not installed on this machine",
        sources("{git: 'https://127.0.0.1:9/x.git'}"),
        {"PATH": "/nowhere"},
    ),
    Broken(
        "an index folder that cannot be made",
        BUILD,
        "the index in guide/a.md/idx cannot be written",
        "index: {dir: guide/a.md/idx, sources: [{path: guide}]}",
    ),
    Broken("no index", SEARCH, "no index in idx yet; run `python -m index build`"),
    Broken("an index of another embedder", SEARCH, "python -m index build", prepare=of_another_embedder),
    Broken("a damaged index", SEARCH, "python -m index build", prepare=damaged),
    Broken(
        "TurboMind without a GPU",
        ASK,
        "llm.engine: turbomind needs a GPU and lmdeploy",
        FINE.replace("extractive", "turbomind"),
        prepare=built,
    ),
    Broken(
        "a model server without an address",
        ASK,
        "llm.base_url: llm.engine is openai, so name the server",
        FINE.replace("extractive", "openai"),
        prepare=built,
    ),
    Broken(
        "Serper without a key",
        ASK,
        "web_search.api_key is empty: serper needs one",
        FINE + "web_search: {engine: serper}",
        prepare=built,
    ),
    Broken(
        "ddgs without its package",
        ASK,
        "run `make setup EXTRAS=ddgs`",
        FINE + "web_search: {engine: ddgs}",
        prepare=without_package("ddgs"),
    ),
    Broken(
        "an embedder without its package",
        BUILD,
        "run `make setup EXTRAS=sentence-transformers`",
        sources("{path: guide}", ", embedder: {engine: sentence-transformers, model: m}"),
        prepare=without_package("sentence_transformers"),
    ),
    Broken(
        "half an installation",
        EXPLAIN,
        "is not installed: run `make setup`",
        prepare=without_package("redis"),
    ),
    Broken(
        "a labelled file that is no JSON",
        ("index", "calibrate", "--questions", "rows.jsonl"),
        "rows.jsonl",
        prepare=questions("{id: 1}\n"),
    ),
    Broken(
        "too few labels",
        ("index", "calibrate", "--questions", "rows.jsonl"),
        "of each needed",
        prepare=questions('{"id": "1", "text": "What?", "label": 1}\n'),
    ),
    Broken(
        "a proxy of an unknown kind",
        EXPLAIN,
        "network.proxy: must begin with http://",
        "network: {proxy: 'ftp://proxy:21'}",
    ),
    Broken("a chat that is not there", ("bot", "replay", "chat.jsonl"), "chat.jsonl does not exist"),
    Broken(
        "a demo of a folder that is not there",
        ("bot", "demo", "--docs", "nowhere", "--once"),
        "DOCS=nowhere: there is no such folder",
    ),
    Broken(
        "a section that stands twice",
        EXPLAIN,
        "web stands in lines 1 and 3: leave one of them",
        "web: {port: 1}\nllm: {engine: auto}\nweb: {port: 2}\n",
    ),
    Broken("a number as a name", EXPLAIN, "groups.7: the name before the colon must be", "groups: {7: {}}"),
    Broken(
        "a port that there is not",
        EXPLAIN,
        "web.port: must be less than or equal to 65535",
        "web: {port: 80000}",
    ),
    Broken(
        "an hour without its zero",
        EXPLAIN,
        'groups.default.work_time.start: must be such as "09:00"',
        'groups: {default: {work_time: {start: "9:00", end: "18:00"}}}',
    ),
    Broken(
        "a model server without http",
        EXPLAIN,
        "llm.base_url: must be an address such as http://127.0.0.1:23333/v1",
        server("gpu-1:23333/v1"),
    ),
    Broken("a model server with /v1 twice", EXPLAIN, "llm.base_url: has /v1 twice", server("http://a/v1/v1")),
    Broken(
        "the whole address of a model server's call",
        EXPLAIN,
        "llm.base_url: must end before /chat/completions, which is added to it",
        server("http://gpu-1:23333/v1/chat/completions"),
    ),
    Broken(
        "a folder in place of the settings file",
        EXPLAIN,
        "settings file config.yaml is a folder (Docker makes one",
        None,
        prepare=with_file("config.yaml", None),
    ),
    Broken(
        "a settings file that links to nothing",
        EXPLAIN,
        "config.yaml is a link to settings/prod.yaml, which does not exist",
        None,
        prepare=dangling,
    ),
    Broken("a folder in place of .env", EXPLAIN, ".env is a folder", prepare=with_file(".env", None)),
    Broken(
        "a .env written as YAML",
        EXPLAIN,
        ".env: line 2 must be NAME=value",
        prepare=with_file(".env", b"# keys\r\nFEISHU_APP_ID: cli_1\r\n"),
    ),
    Broken(
        "a Redis that wants a password",
        EXPLAIN,
        "redis.url: Redis wants a password and gets none; write redis://:PASSWORD@HOST:PORT/0",
        prepare=redis_at(str, "right"),
    ),
    Broken(
        "a database that Redis has not",
        EXPLAIN,
        "redis.url: Redis has no database of that number",
        prepare=redis_at(lambda url: url.replace("/0", "/99")),
    ),
    Broken(
        "a name for a database of Redis",
        EXPLAIN,
        "redis.url: must end in the number of a database",
        "redis: {url: 'redis://127.0.0.1:6379/bot'}",
    ),
)


def machine(folder: Path, yaml: str | bytes | None) -> None:
    """A folder as an operator has one."""
    for name, text in {
        "guide/a.md": "# Ports\n\nThe port is 8080.\n",
        "guide/deep/b.md": "# Keys\n\nA key has 32 letters.\n",
        "pictures/a.png": "x",
        "gunicorn.conf.py": (ROOT / "gunicorn.conf.py").read_text("utf-8"),
        "wsgi.py": (ROOT / "wsgi.py").read_text("utf-8"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "empty").mkdir()
    if yaml is not None:
        content = yaml if isinstance(yaml, bytes) else yaml.encode()
        (folder / "config.yaml").write_bytes(content)
        (folder / "config.yaml").chmod(0o600)


def run(
    folder: Path, command: tuple[str, ...], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What is typed there, with nothing of this machine's own settings and no Redis."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FENNEL_", "FEISHU_")) and not name.lower().endswith("_proxy")
    }
    ports = {"FENNEL_WEB__PORT": str(free_port()), "FENNEL_WEB__OPERATOR_PORT": "0"}
    away = {"FENNEL_REDIS__URL": f"redis://127.0.0.1:{free_port()}/0"}
    given = {
        **inherited,
        **ports,
        **away,
        "PYTHONPATH": f"{folder}:{ROOT}",
        "HF_HUB_OFFLINE": "1",
        **environment,
    }
    for setting, name in {"redis:": "FENNEL_REDIS__URL", "web:": "FENNEL_WEB__PORT"}.items():
        if setting in _text(folder):  # the settings file is what is tried there
            given.pop(name)
    if "web:" in _text(folder):
        given.pop("FENNEL_WEB__OPERATOR_PORT", None)
    hidden = folder / "sitecustomize.py"
    if not (hidden.exists() and any(f"'{name}'" in hidden.read_text("utf-8") for name in IMPORTED)):
        return warm_start().run(command, folder, given)
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _text(folder: Path) -> str:
    file = folder / "config.yaml"
    return file.read_bytes().decode("utf-8", "replace") if file.is_file() else ""


def words_of(setup: Broken, folder: Path) -> tuple[int, str]:
    """Exit status and what was said."""
    machine(folder, setup.yaml)
    with ExitStack() as stack:
        more = setup.prepare(folder, stack) if setup.prepare else {}
        done = run(folder, setup.command, {**setup.environment, **more})
    return done.returncode, done.stdout + done.stderr


def sentence(said: str, wanted: str) -> str:
    """The line that people are meant to read."""
    lines = [line for line in said.splitlines() if wanted in line]
    return lines[0].strip() if lines else said.strip()


@pytest.mark.slow
@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.what.replace(" ", "-"))
def test_what_is_broken_is_said_in_a_sentence(setup: Broken) -> None:
    with tempfile.TemporaryDirectory() as place:  # others may look into it, as on a machine of several people
        Path(place).chmod(0o755)
        status, said = words_of(setup, Path(place))
    assert setup.said in said
    assert "Traceback" not in said
    assert status == 1
    if setup.command is not DOCTOR and setup.command is not WEB:
        [error] = [line for line in said.splitlines() if line.startswith("error: ")]
        assert setup.said in error


def table() -> str:
    """The rows as Markdown."""
    lines = ["| # | what is broken | command | words |", "|---|---|---|---|"]
    for number, setup in enumerate(SETUPS, 1):
        with tempfile.TemporaryDirectory() as place:
            Path(place).chmod(0o755)
            _, said = words_of(setup, Path(place))
            words = sentence(said, setup.said).replace(place, "").replace("|", "\\|")
        typed = "gunicorn wsgi:app" if setup.command is WEB else f"python -m {' '.join(setup.command)}"
        lines.append(f"| {number} | {setup.what} | `{typed}` | {words} |")
    return "\n".join(lines)


def main(*_: Any) -> None:
    """Prints the table."""
    sys.stdout.write(table() + "\n")


if __name__ == "__main__":
    main()
