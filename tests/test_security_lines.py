"""What SECURITY.md says and no story of its own shows: comparisons, starts, printed settings, pins."""

from __future__ import annotations

import hmac
import re
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from bot.cards.presses import Press, PressSigner
from bot.config.settings import FeishuSettings, LLMSettings, Settings, WebSettings, load_settings
from bot.errors import ConfigError, UnprovenEvent
from bot.web.app import create_app
from bot.web.responses import given_token
from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, prove, signature

ROOT = Path(__file__).resolve().parent.parent
KEY, TOKEN = "encrypt key", "verification token"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes | str, bytes | str]]:
    """What is compared in constant time."""
    pairs: list[tuple[bytes | str, bytes | str]] = []
    real = hmac.compare_digest

    def note(left: bytes | str, right: bytes | str) -> bool:
        pairs.append((left, right))
        return bool(real(left, right))  # type: ignore[type-var]

    monkeypatch.setattr(hmac, "compare_digest", note)
    return pairs


def test_signatures_are_compared_in_constant_time(compared: list[tuple[bytes, bytes]]) -> None:
    feishu = FeishuSettings(encrypt_key=KEY, verification_token=TOKEN)
    wrong = "0" * 64
    headers = {TIMESTAMP: "1000", NONCE: "n", SIGNATURE: wrong}
    with pytest.raises(UnprovenEvent, match="signature"):
        prove(headers, b"{}", feishu, 1000)
    right = signature("1000", "n", KEY, b"{}")
    assert {right.encode(), wrong.encode()} in [set(pair) for pair in compared]


def test_a_token_that_proves_a_push_is_compared_in_constant_time(compared: list[tuple[bytes, bytes]]) -> None:
    feishu = FeishuSettings(verification_token=TOKEN)
    with pytest.raises(UnprovenEvent):
        prove({}, b'{"header": {"token": "guess"}}', feishu, 1000)
    assert {TOKEN.encode(), b"guess"} in [set(pair) for pair in compared]


def test_buttons_and_the_operators_token_are_compared_in_constant_time(
    compared: list[tuple[bytes | str, bytes | str]],
) -> None:
    signer = PressSigner("secret")
    value = signer.sign(Press.RECALL, "om_1", "ou_1")
    with pytest.raises(UnprovenEvent):
        signer.read({**value, "mac": "0" * len(str(value["mac"]))})
    assert {value["mac"], "0" * len(str(value["mac"]))} in [set(pair) for pair in compared]
    with Flask("x").test_request_context(headers={"Authorization": "Bearer guess"}):
        assert not given_token("let me in")
    assert {b"guess", b"let me in"} in [set(pair) for pair in compared]


def test_secrets_are_compared_nowhere_else() -> None:
    """No module of the product compares what is named like a secret with == or !=."""
    secret = re.compile(
        r"(?:secret|password|signature|\bmac|api_key|encrypt_key|_token)\w*(?:\(\))?\s*[!=]=\s*[^\s\"']"
    )
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in ("bot", "worker")
        for file in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if secret.search(line)
    ]
    assert found == []


def test_the_webhook_does_not_start_without_a_secret(redis: Redis) -> None:
    with pytest.raises(ConfigError, match="allow_unproven_events"):
        create_app(Settings(), redis)
    for feishu in (
        FeishuSettings(encrypt_key=KEY),
        FeishuSettings(verification_token=TOKEN),
        FeishuSettings(allow_unproven_events=True),
    ):
        create_app(Settings(feishu=feishu), redis)


def test_no_way_of_printing_settings_shows_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENNEL_FEISHU__APP_SECRET", "hunter2")
    file = tmp_path / "settings.yaml"
    file.write_text("feishu: {app_id: cli_1}", "utf-8")
    file.chmod(0o600)
    settings = load_settings(file)
    assert settings.feishu.app_secret.get_secret_value() == "hunter2", "it comes from the environment"
    more = settings.model_copy(
        update={
            "llm": LLMSettings(api_key="hunter2", extra_headers={"X-Key": "hunter2"}),
            "web": WebSettings(operator_token="hunter2"),
        }
    )
    for printed in (
        repr(more),
        str(more),
        f"{more}",
        more.model_dump_json(),
        str(more.model_dump()),
        str(vars(more)),
    ):
        assert "hunter2" not in printed


@pytest.mark.parametrize(
    "wrong",
    ["feishu: {app_secret: [hunter2]}", "llm: {api_key: {a: hunter2}}", "feishu: {app_secrett: hunter2}"],
)
def test_nor_does_the_error_about_a_wrong_one(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(wrong, "utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert "hunter2" not in str(caught.value)


def test_every_dependency_is_pinned() -> None:
    files = sorted(ROOT.glob("requirements*.txt"))
    assert len(files) >= 4
    for file in files:
        lines = [line.split("#")[0].split(";")[0].strip() for line in file.read_text("utf-8").splitlines()]
        loose = [line for line in lines if line and not line.startswith("-") and "==" not in line]
        assert loose == [], f"{file.name} does not pin {loose}"
