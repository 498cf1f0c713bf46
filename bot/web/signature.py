"""Proof that a push comes from Feishu, before anything in it is decrypted, parsed or believed.

With an Encrypt Key: the signature over the raw body is checked first (constant time), then its age, and
only then is the body decrypted; plaintext is refused even when signed. Feishu signs everything but the
check of the request URL, so an unsigned body may be that challenge and nothing else.
With a Verification Token alone Feishu signs nothing and the token in the body is the only proof there is.
Replays inside the freshness window meet the queue, where each message and event id is taken once; it
remembers them longer than any push stays fresh.

Sources: Feishu, "Event subscription, send notifications to developer's server" (signature: SHA-256 over
timestamp + nonce + Encrypt Key + body, lower-case hex; encryption: base64 of a 16-byte IV and AES-256-CBC
with PKCS7, key SHA-256 of the Encrypt Key). CBC carries no authentication of its own, hence the order.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.errors import MalformedEvent, UnprovenEvent

if TYPE_CHECKING:
    from bot.config.settings import FeishuSettings

TIMESTAMP, NONCE, SIGNATURE = "X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature"
MAX_CLOCK_SKEW = 300
"""Seconds a push's timestamp may lie in the future."""
MAX_CHALLENGE_BYTES = 4096
"""An unsigned body is decrypted only up to this size: a challenge is far smaller."""
_BLOCK = 16


class Headers(Protocol):
    """Names found whatever their case, as Flask's headers do."""

    def get(self, key: str, default: str, /) -> str:
        """The value, or the default."""


def prove(headers: Headers, raw_body: bytes, feishu: FeishuSettings, now: float) -> dict[str, Any]:
    """The verified and decrypted payload of a push. `now` is Unix time in seconds.

    Raises UnprovenEvent for anything that does not prove where it comes from, MalformedEvent for a proven
    body that is not a JSON object.
    """
    keys = feishu.encrypt_keys
    if keys:
        payload = _prove_by_signature(headers, raw_body, keys, feishu.max_event_age, now)
    else:
        payload = _read_json(raw_body)
        if "encrypt" in payload:
            raise UnprovenEvent("the push is encrypted and feishu.encrypt_key is empty")
    tokens = feishu.verification_tokens
    if tokens and not any(_same(_token(payload), token) for token in tokens):
        raise UnprovenEvent("the verification token is not ours")
    return payload


def signature(timestamp: str, nonce: str, key: str, body: bytes) -> str:
    """What Feishu writes into X-Lark-Signature for this body."""
    return hashlib.sha256((timestamp + nonce + key).encode("utf-8", "surrogatepass") + body).hexdigest()


def encrypt(payload_json: bytes, key: str) -> str:
    """What Feishu puts into {"encrypt": ...} for this payload."""
    padding = _BLOCK - len(payload_json) % _BLOCK
    iv = os.urandom(_BLOCK)
    encryptor = Cipher(AES256(_cipher_key(key)), CBC(iv)).encryptor()
    sealed = encryptor.update(payload_json + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(iv + sealed).decode()


def decrypt(sealed: str, key: str) -> bytes:
    """The inverse of `encrypt`. Raises UnprovenEvent, always with the same words, when it is not that."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) < 2 * _BLOCK or len(raw) % _BLOCK:
        raise UnprovenEvent("the push cannot be decrypted")
    decryptor = Cipher(AES256(_cipher_key(key)), CBC(raw[:_BLOCK])).decryptor()
    padded = decryptor.update(raw[_BLOCK:]) + decryptor.finalize()
    padding = padded[-1]
    if not 1 <= padding <= _BLOCK or padded[-padding:] != bytes([padding]) * padding:
        raise UnprovenEvent("the push cannot be decrypted")
    return padded[:-padding]


def _prove_by_signature(
    headers: Headers, raw_body: bytes, keys: tuple[str, ...], max_age: int, now: float
) -> dict[str, Any]:
    given = headers.get(SIGNATURE, "")
    if not given:
        return _prove_challenge(raw_body, keys)
    timestamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
    signing = [key for key in keys if _same(given, signature(timestamp, nonce, key, raw_body))]
    if not signing:
        raise UnprovenEvent("the signature is wrong")
    _check_age(timestamp, max_age, now)
    envelope = _read_json(raw_body)
    if not isinstance(envelope.get("encrypt"), str):
        raise UnprovenEvent("the push is not encrypted although feishu.encrypt_key is set")
    return _read_json(decrypt(envelope["encrypt"], signing[0]))


def _prove_challenge(raw_body: bytes, keys: tuple[str, ...]) -> dict[str, Any]:
    """The check of the request URL: encrypted, not signed. Every other unsigned body is refused alike."""
    refusal = UnprovenEvent("the push is not signed")
    if len(raw_body) > MAX_CHALLENGE_BYTES:
        raise refusal
    for key in keys:
        try:
            payload = _read_json(decrypt(_read_json(raw_body)["encrypt"], key))
        except (UnprovenEvent, MalformedEvent, KeyError, TypeError):
            continue
        if payload.get("type") == "url_verification":
            return payload
    raise refusal


def _check_age(timestamp: str, max_age: int, now: float) -> None:
    """Refuses a push whose signed timestamp (Unix seconds) is too old or from the future."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise UnprovenEvent("the timestamp is not a time")
    age = now - int(timestamp)
    if age > max_age or age < -MAX_CLOCK_SKEW:
        raise UnprovenEvent("the push is too old or this machine's clock is wrong")


def _read_json(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("the body is not JSON") from error
    if not isinstance(data, dict):
        raise MalformedEvent("the body is not a JSON object")
    return data


def _token(payload: dict[str, Any]) -> str:
    """The verification token: in the header of version 2 events, at the top of version 1 and challenges."""
    header = payload.get("header")
    token = header.get("token") if isinstance(header, dict) else payload.get("token")
    return token if isinstance(token, str) else ""


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=8)
def _cipher_key(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
