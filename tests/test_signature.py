"""bot.web.signature: Feishu's vectors, and everything that must not get past them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.settings import FeishuSettings
from bot.errors import ConfigError, MalformedEvent, UnprovenEvent
from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, decrypt, encrypt, prove, signature

KEY, TOKEN, NOW = "test key", "the token", 1_700_000_000.0
FEISHU = FeishuSettings(encrypt_key=KEY, verification_token=TOKEN)
EVENT = {"schema": "2.0", "header": {"event_type": "x", "token": TOKEN}, "event": {"text": "你好"}}


def push(
    payload: object, *, key: str = KEY, at: float = NOW, sealed: bool = True
) -> tuple[dict[str, str], bytes]:
    body = json.dumps(payload).encode()
    if sealed:
        body = json.dumps({"encrypt": encrypt(body, key)}).encode()
    stamp, nonce = str(int(at)), "nonce1"
    return {TIMESTAMP: stamp, NONCE: nonce, SIGNATURE: signature(stamp, nonce, key, body)}, body


def test_feishus_encryption_vector() -> None:
    assert decrypt("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=", "test key") == b"hello world"


def test_signature_vector() -> None:
    body = b'{"encrypt":"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="}'
    expected = "21b279029a3bdf7b9f02a4935c76c53f09876d9d0e45add77a99d55d1bc7e79e"
    assert signature("1700000000", "nonce1", "test key", body) == expected


def test_a_signed_and_encrypted_push_is_proven() -> None:
    assert prove(*push(EVENT), FEISHU, NOW) == EVENT


def test_the_previous_key_and_token_are_accepted_while_rotating() -> None:
    rotating = FeishuSettings(
        encrypt_key="new key",
        previous_encrypt_key=KEY,
        verification_token="new token",
        previous_verification_token=TOKEN,
    )
    assert prove(*push(EVENT), rotating, NOW) == EVENT
    newer = {**EVENT, "header": {"event_type": "x", "token": "new token"}}
    assert prove(*push(newer, key="new key"), rotating, NOW) == newer


@pytest.mark.parametrize("age", [601, 86_400, -301])
def test_old_and_future_pushes_are_refused(age: int) -> None:
    with pytest.raises(UnprovenEvent, match="old"):
        prove(*push(EVENT, at=NOW - age), FEISHU, NOW)


def test_nothing_is_decrypted_before_the_signature_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.signature.decrypt", lambda *_: pytest.fail("decrypted an unproven body"))
    monkeypatch.setattr("bot.web.signature._read_json", lambda *_: pytest.fail("parsed an unproven body"))
    headers, body = push(EVENT)
    with pytest.raises(UnprovenEvent, match="signature"):
        prove(headers, body + b" ", FEISHU, NOW)


@pytest.mark.parametrize("header", [TIMESTAMP, NONCE, SIGNATURE])
@pytest.mark.parametrize("value", ["", "0", "é\udc80", None])
def test_each_header_is_part_of_the_proof(header: str, value: str | None) -> None:
    headers, body = push(EVENT)
    changed = {name: text for name, text in headers.items() if name != header}
    with pytest.raises(UnprovenEvent):
        prove(changed if value is None else {**changed, header: value}, body, FEISHU, NOW)


def test_another_key_proves_nothing() -> None:
    with pytest.raises(UnprovenEvent):
        prove(*push(EVENT, key="guess"), FEISHU, NOW)


def test_plaintext_is_refused_even_when_signed() -> None:
    with pytest.raises(UnprovenEvent, match="not encrypted"):
        prove(*push(EVENT, sealed=False), FEISHU, NOW)


@pytest.mark.parametrize("token", ["", "other", None, 5, ["the token"], "the token\ud800"])
def test_the_token_counts_beside_the_signature(token: object) -> None:
    with pytest.raises(UnprovenEvent, match="token"):
        prove(*push({"header": {"token": token}}), FEISHU, NOW)


def test_the_url_check_is_encrypted_but_not_signed() -> None:
    challenge = {"type": "url_verification", "challenge": "c", "token": TOKEN}
    _, body = push(challenge)
    assert prove({}, body, FEISHU, NOW) == challenge
    with pytest.raises(UnprovenEvent):
        prove({}, push({**challenge, "token": "guess"})[1], FEISHU, NOW)
    with pytest.raises(UnprovenEvent):
        prove({}, push(challenge, sealed=False)[1], FEISHU, NOW)


def test_an_unsigned_body_may_be_nothing_but_the_url_check() -> None:
    with pytest.raises(UnprovenEvent, match="not signed"):
        prove({}, push(EVENT)[1], FEISHU, NOW)
    with pytest.raises(UnprovenEvent, match="not signed"):
        prove({}, push({"type": "url_verification", "token": TOKEN, "fill": "x" * 5000})[1], FEISHU, NOW)


def test_with_a_token_alone_plaintext_is_proven_by_it() -> None:
    only_token = FeishuSettings(verification_token=TOKEN)
    assert prove({}, json.dumps(EVENT).encode(), only_token, NOW) == EVENT
    version_1 = {"type": "event_callback", "token": TOKEN, "event": {}}
    assert prove({}, json.dumps(version_1).encode(), only_token, NOW) == version_1
    with pytest.raises(UnprovenEvent, match="token"):
        prove({}, b'{"header": {}, "token": "the token"}', only_token, NOW)
    with pytest.raises(UnprovenEvent, match="encrypt_key"):
        prove({}, b'{"encrypt": "abc"}', only_token, NOW)


def test_proven_nonsense_is_malformed() -> None:
    for payload in ([], 5, "text"):
        with pytest.raises(MalformedEvent):
            prove(*push(payload), FEISHU, NOW)


@pytest.mark.parametrize(
    "sealed",
    ["", "!!", "AAAA", "A" * 64, "1x9Wn4Sr2jX0Xlmn4CfkMyBmDk18tBNB26BI46uM0zE=", encrypt(b"x", KEY)[:-4]],
    ids=["nothing", "no base64", "too short", "random", "another key's", "cut short"],
)
def test_bad_ciphertext_always_fails_with_the_same_words(sealed: str) -> None:
    with pytest.raises(UnprovenEvent, match=r"^the push cannot be decrypted$"):
        decrypt(sealed, "a key that does not fit")


def test_refuses_to_start_without_secrets_unless_told_so() -> None:
    with pytest.raises(ConfigError, match="allow_unproven_events"):
        FeishuSettings().check_secrets()
    FeishuSettings(allow_unproven_events=True).check_secrets()
    FEISHU.check_secrets()
    assert prove({}, b'{"header": {}}', FeishuSettings(allow_unproven_events=True), NOW) == {"header": {}}


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_encryption_round_trip(data: bytes) -> None:
    assert decrypt(encrypt(data, KEY), KEY) == data


_HEADERS = st.dictionaries(st.sampled_from([TIMESTAMP, NONCE, SIGNATURE]), st.text(max_size=70))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(headers=_HEADERS, body=st.binary(max_size=300))
def test_nothing_random_is_ever_proven(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(UnprovenEvent):
        prove(headers, body, FEISHU, NOW)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(position=st.integers(min_value=0), bit=st.integers(0, 7), data=st.data())
def test_every_flipped_bit_is_noticed(position: int, bit: int, data: Any) -> None:
    headers, body = push(EVENT)
    changed = bytearray(body)
    changed[position % len(body)] ^= 1 << bit
    with pytest.raises(UnprovenEvent):
        prove(headers, bytes(changed), FEISHU, NOW)
