"""Stands in for the `lmdeploy` program: takes the same command line, loads for a while, then serves.

`python -m tests.fake_lmdeploy FOLDER serve api_server MODEL ...`; FOLDER/script.json may hold
{"load_until": "a file", "deaths": ["text it logs before it aborts", ...]}: each start takes one death off.
SIGUSR1 makes its health check fail. Flags are those of lmdeploy 0.18 that TurboMind knows.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer


def parser() -> argparse.ArgumentParser:
    """The part of the real command line that is used; anything else is an error, as it is there."""
    found = argparse.ArgumentParser(prog="lmdeploy serve api_server", allow_abbrev=False)
    found.add_argument("model_path")
    found.add_argument("--backend", choices=["pytorch", "turbomind"])
    found.add_argument("--server-name", default="0.0.0.0")
    found.add_argument("--server-port", type=int, default=23333)
    found.add_argument("--model-name")
    found.add_argument("--log-level", choices=["ERROR", "WARNING", "INFO", "DEBUG"])
    found.add_argument("--generation-config")
    found.add_argument("--session-len", type=int)
    found.add_argument("--max-batch-size", type=int)
    found.add_argument("--cache-max-entry-count", type=float, default=0.8)
    found.add_argument("--max-prefill-token-num", type=int)
    found.add_argument("--quant-policy", type=int, choices=[0, 4, 8], default=0)
    found.add_argument("--enable-prefix-caching", action="store_true")
    found.add_argument("--disable-fastapi-docs", action="store_true")
    found.add_argument("--trust-remote-code", action="store_true")
    return found


def main() -> None:
    """Loads, then serves until a signal."""
    folder, serve, server, *rest = sys.argv[1:]
    given = parser().parse_args(rest)
    if (serve, server) != ("serve", "api_server") or not 0 < given.cache_max_entry_count < 1:
        os.abort()
    script = Path(folder) / "script.json"
    plan = json.loads(script.read_text(encoding="utf-8")) if script.is_file() else {}
    deaths = plan.get("deaths", [])
    print("Loading checkpoint shards:  50%", flush=True)
    while (told := plan.get("load_until")) and not (Path(folder) / told).exists():
        time.sleep(0.02)
    if deaths:
        script.write_text(json.dumps(plan | {"deaths": deaths[1:]}), encoding="utf-8")
        print(deaths[0], flush=True)
        os.abort()
    model = ScriptedModel(
        name=given.model_name, reply=plan.get("reply", "yes"), latency=plan.get("latency", 0.0)
    )
    running = ModelServer(port=given.server_port, session_len=given.session_len, model=model)

    def fall_ill(number: int, frame: object) -> None:
        running.faults.healthy = False

    signal.signal(signal.SIGUSR1, fall_ill)
    with running:
        print("HINT: Please open http://127.0.0.1 in a browser", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
