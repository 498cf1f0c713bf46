"""An app by one scan: every way the accounts server can answer ends in keys or in one sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from bot.config.env_file import read_env_file
from bot.connect import registration
from bot.connect.connect import Options, connect
from bot.connect.qr_code import draw
from bot.connect.registration import Link, Registered, Wish, register
from bot.errors import ConfigError
from bot.feishu.app_needs import CALLBACKS, EVENTS, SCOPES
from simulator import LocalFeishu
from simulator.api.accounts import PATH
from tests.waiting import LIMIT
from tests.web_server import Reply, WebServer


@pytest.fixture
def feishu() -> Iterator[LocalFeishu]:
    with LocalFeishu() as local:
        local.accounts.interval = 0
        local.tenant.scopes = []
        yield local


def ask(feishu: LocalFeishu, act: Any, *, told: list[str] | None = None, **wish: Any) -> Registered:
    """One registration; `act` gets the link, as a person would."""
    said = told if told is not None else []
    return register(Wish(feishu.url, **wish), lambda link: act(link.url), said.append)


@pytest.mark.slow
def test_a_scan_gives_the_keys_and_the_app_exactly_what_the_bot_uses(feishu: LocalFeishu) -> None:
    registered = ask(feishu, feishu.accounts.scan, name="茴香")
    assert registered == Registered(feishu.app.app_id, feishu.app.app_secret, feishu.url)
    asked = feishu.accounts.registrations[0].asked
    assert asked["scopes"] == list(SCOPES)
    assert asked["events"] == list(EVENTS)
    assert asked["callbacks"] == list(CALLBACKS)
    assert asked["create_only"] is True
    assert asked["name"] == "茴香"
    assert set(SCOPES) == set(feishu.tenant.scopes)


@pytest.mark.slow
def test_an_app_that_exists_is_asked_for_what_it_lacks(feishu: LocalFeishu) -> None:
    registered = ask(feishu, feishu.accounts.scan, app_id="cli_mine")
    asked = feishu.accounts.registrations[0].asked
    assert (registered.app_id, asked["app_id"], asked["create_only"]) == ("cli_mine", "cli_mine", False)


def test_a_slow_disk_is_not_taken_for_a_server_that_does_not_answer(
    feishu: LocalFeishu, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sdk = [0.0], registration._Flow._sdk

    def loads_for_minutes(flow: registration._Flow) -> Any:
        now[0] += 10 * registration.ANSWER_TIMEOUT
        return sdk(flow)

    monkeypatch.setattr(registration, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(registration._Flow, "_sdk", loads_for_minutes)
    assert ask(feishu, feishu.accounts.scan).app_id == feishu.app.app_id


def test_it_waits_while_nobody_has_scanned_and_slows_down_when_told(feishu: LocalFeishu) -> None:
    told: list[str] = []
    seen = threading.Event()

    def act(url: str) -> None:
        threading.Thread(target=lambda: (seen.wait(LIMIT), feishu.accounts.scan(url))).start()

    def tell(status: str) -> None:
        told.append(status)
        seen.set()

    register(Wish(feishu.url), lambda link: act(link.url), tell)
    assert "polling" in told


def test_polls_that_come_too_fast_are_told_to_slow_down(feishu: LocalFeishu) -> None:
    feishu.accounts.interval = 600
    made = feishu.accounts.begin()
    assert feishu.accounts.poll(made.device_code)["error"] == "authorization_pending"
    assert feishu.accounts.poll(made.device_code)["error"] == "slow_down"
    assert feishu.accounts.poll("other")["error"] == "invalid_grant"


def test_a_refusal_in_feishu_ends_it(feishu: LocalFeishu) -> None:
    with pytest.raises(ConfigError, match="refused in Feishu; run `python -m bot connect` again"):
        ask(feishu, lambda url: feishu.accounts.scan(url, agree=False))


def test_a_link_that_nobody_uses_expires(feishu: LocalFeishu) -> None:
    with pytest.raises(ConfigError, match="nobody used the link in time"):
        ask(feishu, lambda url: feishu.clock.advance(601))


def test_a_lark_account_goes_on_at_lark(feishu: LocalFeishu, monkeypatch: pytest.MonkeyPatch) -> None:
    feishu.accounts.brand = "lark"
    monkeypatch.setitem(registration._DOMAINS, feishu.url, (feishu.url, feishu.url))
    told: list[str] = []
    registered = ask(feishu, feishu.accounts.scan, told=told)
    assert "domain_switched" in told
    assert registered.domain == "https://open.larksuite.com"


@pytest.mark.parametrize(
    "body", [b"<html>502</html>", b"[]", b"{}", b'{"supported_auth_methods": 3}', b"", b"null"]
)
def test_an_answer_in_another_form_is_a_sentence(body: bytes) -> None:
    with WebServer() as server:
        server.on_request = lambda _: Reply(body)
        with pytest.raises(ConfigError, match=r"does not know|refuses"):
            register(Wish(server.url), lambda link: None, lambda status: None)


def test_a_server_that_is_away_is_a_sentence_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match=r"cannot be reached .*HTTPS_PROXY"):
        register(Wish("http://127.0.0.1:9"), lambda link: None, lambda status: None)


def test_the_accounts_server_is_as_strict_as_the_original(feishu: LocalFeishu) -> None:
    address = feishu.url + PATH
    assert requests.post(address, json={"action": "init"}, timeout=LIMIT).status_code == 400
    assert requests.post(address, data={"action": "dance"}, timeout=LIMIT).status_code == 400
    assert requests.post(address, data={"action": "begin"}, timeout=LIMIT).status_code == 400
    with pytest.raises(ValueError, match="not come from an SDK"):
        feishu.accounts.scan(f"{address}/page?user_code=abc")


def test_the_command_keeps_the_keys_for_the_owner_and_prints_no_secret(
    feishu: LocalFeishu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ".env"
    for name in ("FEISHU_APP_ID", "FEISHU_APP_SECRET", "FENNEL_FEISHU__APP_ID", "FENNEL_FEISHU__APP_SECRET"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("FENNEL_ENV_FILE", str(file))
    monkeypatch.setenv("FENNEL_FEISHU__DOMAIN", feishu.url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.connect.connect.draw", lambda url, **_: (feishu.accounts.scan(url), "QR")[1])
    connect(None, Options())
    kept = read_env_file(file)
    said = capsys.readouterr().out
    assert kept["FEISHU_APP_SECRET"] == feishu.app.app_secret
    assert feishu.app.app_secret not in said
    assert f"/app/{feishu.app.app_id}/event" in said
    with pytest.raises(ConfigError, match=f"feishu.app_id is {feishu.app.app_id} already"):
        connect(None, Options())
    for name in kept:
        monkeypatch.delenv(name, raising=False)


def test_the_code_is_drawn_where_it_fits() -> None:
    url = "https://open.feishu.cn/page/launcher?user_code=ABCD-EFGH&addons=" + "x" * 300
    drawn = draw(url, columns=80, coloured=False).split("\n")
    assert len({len(line) for line in drawn}) == 1
    assert len(drawn[0]) <= 80
    assert draw(url, columns=40) == ""


def test_links_are_good_for_as_long_as_feishu_says(feishu: LocalFeishu) -> None:
    links: list[Link] = []

    def show(link: Link) -> None:
        links.append(link)
        feishu.accounts.scan(link.url)

    register(Wish(feishu.url), show, lambda status: None)
    assert links[0].seconds == 600
