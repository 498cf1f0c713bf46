"""`python -m bot up`: what it needs said in a sentence, processes that come back, one stop for all."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import types
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.config.settings import FeishuSettings, Settings
from bot.errors import ConfigError
from bot.supervisor import tunnel
from bot.supervisor.log_lines import LogLine, read_line, readable
from bot.supervisor.processes import Ended, Part, Supervisor
from bot.supervisor.tunnel import open_tunnel
from bot.supervisor.up import choose
from tests.waiting import wait_for
from tests.web_server import Reply, WebServer

KEYS = FeishuSettings(app_id="cli_1", app_secret="s")  # type: ignore[arg-type]
SIGNED = FeishuSettings(app_id="cli_1", app_secret="s", encrypt_key="k")  # type: ignore[arg-type]


def test_without_keys_it_names_the_one_command_that_helps() -> None:
    with pytest.raises(ConfigError, match=r"^no Feishu app is connected: run `python -m bot connect`$"):
        choose(Settings(), longconn=None, tunnel=False)


def test_events_come_the_way_there_are_keys_for() -> None:
    assert choose(Settings(feishu=KEYS), longconn=None, tunnel=False).longconn
    assert not choose(Settings(feishu=SIGNED), longconn=None, tunnel=False).longconn
    assert choose(Settings(feishu=SIGNED), longconn=True, tunnel=False).longconn
    for wanted in ({"longconn": False, "tunnel": False}, {"longconn": None, "tunnel": True}):
        with pytest.raises(ConfigError, match=r"open.feishu.cn/app/cli_1/event"):
            choose(Settings(feishu=KEYS), **wanted)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="--tunnel is for the webhook"):
        choose(Settings(feishu=SIGNED), longconn=True, tunnel=True)


def _python(name: str, code: str) -> Part:
    return Part(name, (sys.executable, "-u", "-c", code))


class _Seen:
    """What a supervisor said; a line that ends a story presses Ctrl+C."""

    def __init__(self, last: str = "") -> None:
        self.lines: list[LogLine] = []
        self.ends: list[Ended] = []
        self.last = last

    def line(self, line: LogLine) -> None:
        self.lines.append(line)
        if self.last and self.last in line.text:
            self.last = ""
            raise KeyboardInterrupt

    def end(self, ended: Ended) -> None:
        self.ends.append(ended)


def test_one_stop_ends_all_and_what_they_still_say_is_shown() -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*_): print('bye', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(60)\n"
    )
    seen = _Seen(last="up")
    supervisor = Supervisor([_python("web", code)], os.environ, stop_timeout=60)
    assert supervisor.run(seen.line, seen.end) == 0
    assert [line.text for line in seen.lines] == ["up", "bye"]
    assert supervisor.running["web"].returncode == 0


def test_one_that_does_not_listen_is_killed() -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(60)\n"
    )
    seen = _Seen(last="up")
    supervisor = Supervisor([_python("worker", code)], os.environ, stop_timeout=0.5)
    supervisor.run(seen.line, seen.end)
    assert supervisor.running["worker"].returncode == -signal.SIGKILL


def test_one_that_crashes_comes_back(tmp_path: Path) -> None:
    flag = tmp_path / "crashed"
    code = (
        "import pathlib, sys, time\n"
        f"flag = pathlib.Path({str(flag)!r})\n"
        "if not flag.exists(): flag.touch(); sys.exit(3)\n"
        "print('back', flush=True)\n"
        "time.sleep(600)\n"
    )
    seen = _Seen(last="back")
    Supervisor([_python("worker", code)], os.environ, stop_timeout=60).run(seen.line, seen.end)
    assert [(end.process, end.status, end.gave_up) for end in seen.ends] == [("worker", 3, False)]


@pytest.mark.slow
def test_one_that_never_starts_ends_the_whole_with_its_words() -> None:
    turned = [0.0]

    def clock() -> float:
        turned[0] += 1.0  # every look is a second later: pauses pass, and each life is a short one
        return turned[0]

    seen = _Seen()
    part = _python("worker", "print('no index', flush=True); raise SystemExit(1)")
    status = Supervisor([part], os.environ, stop_timeout=60, clock=clock).run(seen.line, seen.end)
    assert status == 1
    assert seen.ends[-1].gave_up
    assert "no index" in [line.text for line in seen.lines]


def test_log_lines_are_readable_and_nothing_is_lost() -> None:
    line = json.dumps(
        {"event": "answered", "level": "info", "timestamp": "2026-11-26T00:00:00Z", "card": "om_1"}
    )
    assert readable(read_line("worker", line)).endswith("worker   answered  card=om_1")
    assert "WARNING" in readable(read_line("web", '{"event": "x", "level": "warning"}'))
    for odd in ("", "plain", "{broken", "[1]", '{"event": 3}', '{"a": 1}', "é\ufffd"):
        assert odd in readable(read_line("web", odd + "\n"))


def test_ngrok_on_the_path_gives_the_address_of_our_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, monkeypatch, "#!/bin/sh\nexec sleep 600\n")
    ours = {
        "proto": "https",
        "public_url": "https://a.ngrok.app",
        "config": {"addr": "http://localhost:8000"},
    }
    other = {"proto": "https", "public_url": "https://b.ngrok.app", "config": {"addr": "http://localhost:1"}}
    with WebServer() as server:
        answers = [Reply(b"starting", 502), Reply(b'{"tunnels": []}')]
        server.on_request = lambda _: (
            answers.pop(0) if answers else Reply(json.dumps({"tunnels": [other, ours]}).encode())
        )
        with open_tunnel(8000, agent_api=f"{server.url}/api/tunnels") as address:
            assert address == "https://a.ngrok.app"


def test_an_ngrok_that_says_much_is_never_held_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = tmp_path / "done"
    _program(tmp_path, monkeypatch, f"#!/bin/sh\nhead -c 300000 /dev/zero\ntouch {done}\nexec sleep 600\n")
    ours = {
        "proto": "https",
        "public_url": "https://a.ngrok.app",
        "config": {"addr": "http://localhost:8000"},
    }
    with WebServer() as server:
        server.on_request = lambda _: Reply(json.dumps({"tunnels": [ours]}).encode())
        with open_tunnel(8000, agent_api=f"{server.url}/api/tunnels"):
            wait_for(done.exists, "all of its log to be taken")


class Sdk(types.ModuleType):
    """Stands where ngrok's package would; `fails` with its words."""

    def __init__(self, fails: str = "") -> None:
        super().__init__("ngrok")
        self.fails, self.open = fails, False

    def forward(self, port: int, *, authtoken_from_env: bool) -> SimpleNamespace:
        if self.fails:
            raise ValueError(self.fails)
        assert (port, authtoken_from_env) == (8000, True)
        self.open = True
        return SimpleNamespace(url=lambda: "https://sdk.ngrok.app")

    def disconnect(self, url: str) -> None:
        assert url == "https://sdk.ngrok.app"
        self.open = False


def test_with_a_token_the_sdk_opens_the_tunnel_and_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = Sdk()
    _sdk(monkeypatch, sdk)
    with open_tunnel(8000) as address:
        assert (address, sdk.open) == ("https://sdk.ngrok.app", True)
    assert not sdk.open


def test_a_token_that_is_refused_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _sdk(monkeypatch, Sdk("authentication failed\n\nERR_NGROK_105"))
    refused = pytest.raises(ConfigError, match="ngrok refuses: authentication failed; check NGROK_AUTHTOKEN")
    with refused, open_tunnel(8000):
        raise AssertionError("there is no tunnel")


def _sdk(monkeypatch: pytest.MonkeyPatch, sdk: Sdk) -> None:
    monkeypatch.setitem(sys.modules, "ngrok", sdk)
    monkeypatch.setattr(tunnel, "is_here", lambda module: True)
    monkeypatch.setenv("NGROK_AUTHTOKEN", "t")


def test_an_ngrok_that_ends_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = '{"lvl":"crit","msg":"command failed","err":"authentication failed: ERR_NGROK_4018"}'
    _program(tmp_path, monkeypatch, f"#!/bin/sh\necho '{reason}'\nexit 1\n")
    tunnel = open_tunnel(8000, agent_api="http://127.0.0.1:9/api/tunnels")
    with pytest.raises(ConfigError, match=r"ERR_NGROK_4018.*add-authtoken"), tunnel:
        raise AssertionError("there is no tunnel")


def test_without_ngrok_the_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)
    with pytest.raises(ConfigError, match=r"--longconn|NGROK_AUTHTOKEN is not set"), open_tunnel(8000):
        raise AssertionError("there is no tunnel")


def _program(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program = folder / "ngrok"
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_no_thread_of_a_supervisor_is_left() -> None:
    seen = _Seen(last="up")
    part = _python("web", "import time; print('up', flush=True); time.sleep(600)")
    Supervisor([part], os.environ, stop_timeout=60).run(seen.line, seen.end)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("log-")]
