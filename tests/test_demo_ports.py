"""Two demos at once: each finds ports of its own, also while neither listens yet."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.stack import Ports

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_a_port_that_one_demo_has_chosen_is_left_to_it() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    assert Ports.free(web=port).web == port
    code = f"from demo.stack import Ports; print(Ports.free(web={port}).web)"
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(other.stdout) not in (0, port)
    assert Ports.free(web=port).web != port, "nor is it chosen twice"
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
