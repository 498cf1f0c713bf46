"""`python -m simulator`, and the frames of the long connection."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.pushes.frames import DATA, Frame, decode
from tests.waiting import LIMIT


@pytest.mark.slow
def test_command_serves_and_prints_what_a_bot_must_know() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--encrypt-key", "key"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        page = process.stdout.readline().split()[-1]
        told = dict(process.stdout.readline().removeprefix("export ").strip().split("=") for _ in range(5))
        assert page == told["FENNEL_FEISHU__DOMAIN"] + "/simulator/"
        assert told["FENNEL_FEISHU__ENCRYPT_KEY"] == "key"
        assert requests.get(page, timeout=LIMIT).status_code == 200
        asked = {
            "app_id": told["FENNEL_FEISHU__APP_ID"],
            "app_secret": told["FENNEL_FEISHU__APP_SECRET"],
        }
        token = told["FENNEL_FEISHU__DOMAIN"] + "/open-apis/auth/v3/tenant_access_token/internal"
        assert requests.post(token, json=asked, timeout=LIMIT).json()["code"] == 0
        process.terminate()
        assert process.wait(timeout=LIMIT) == 0


@given(
    st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=20), max_size=4),
    st.binary(max_size=300),
    st.integers(0, 2**31 - 1),
)
@settings(max_examples=60, deadline=None)
def test_frames_come_back_as_they_went(headers: dict[str, str], payload: bytes, service: int) -> None:
    frame = Frame(DATA, headers, payload, service)
    assert decode(frame.encode()) == frame


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_frame_or_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        decode(data)
