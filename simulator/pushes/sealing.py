"""Feishu's half of encryption and signing, written apart from the bot's half in bot.web.signature.

Two independent implementations that agree are worth more than one that agrees with itself.
Scheme: base64(iv + AES-256-CBC(PKCS7(json), SHA256(key), iv)); the signature is the hexadecimal SHA-256 of
timestamp + nonce + key + raw body (send-notifications-to-developers-server.md).
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BITS = 128


def encrypt(plain: bytes, key: str) -> str:
    """The value of "encrypt" for a payload."""
    iv = secrets.token_bytes(16)
    padder = PKCS7(BLOCK_BITS).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv)).encryptor()
    return base64.b64encode(iv + encryptor.update(padded) + encryptor.finalize()).decode()


def signature(timestamp: str, nonce: str, key: str, body: bytes) -> str:
    """The value of X-Lark-Signature."""
    return hashlib.sha256((timestamp + nonce + key).encode() + body).hexdigest()
