"""python -m simulator: serves the local Feishu until interrupted.

What it makes up itself (app secret, verification token) it prints as settings, because a bot has to be told;
they are worth something on this machine only.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import signal
import threading

from simulator.local import LocalFeishu

ADDED = ("demo.gallery.page", "add_gallery")
"""What is hung into this Feishu where it is there, by name: the gallery shows the bot's cards, and the
simulator itself knows no bot."""


def settings(feishu: LocalFeishu) -> dict[str, str]:
    """What a bot must be told to work with this Feishu, by the names of its settings."""
    return {
        "DOMAIN": feishu.url,
        "APP_ID": feishu.app.app_id,
        "APP_SECRET": feishu.app.app_secret,
        "ENCRYPT_KEY": feishu.app.encrypt_key,
        "VERIFICATION_TOKEN": feishu.app.verification_token,
    }


def main() -> None:
    """Reads the options, serves, prints where the group chat is."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A local Feishu on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=9800)
    parser.add_argument("--push-to", default="", help="the bot's event address")
    parser.add_argument("--app-id", default="cli_fennel_local")
    parser.add_argument("--app-secret", default=os.environ.get("FEISHU_APP_SECRET", ""))
    parser.add_argument("--encrypt-key", default=os.environ.get("FEISHU_ENCRYPT_KEY", ""))
    parser.add_argument("--verification-token", default=os.environ.get("FEISHU_VERIFICATION_TOKEN", ""))
    parser.add_argument("--scale", type=float, default=1.0, help="factor on Feishu's long delays")
    parser.add_argument("--hook-secret", default="", help="signs the custom bot's webhook")
    parser.add_argument("--no-limits", action="store_true", help="switch rate limits off")
    given = parser.parse_args()
    feishu = LocalFeishu(
        given.push_to,
        port=given.port,
        app_id=given.app_id,
        app_secret=given.app_secret,
        encrypt_key=given.encrypt_key,
        verification_token=given.verification_token,
        scale=given.scale,
        limits=not given.no_limits,
        hook_secret=given.hook_secret,
    )
    module, name = ADDED
    if importlib.util.find_spec(module.partition(".")[0]):
        getattr(importlib.import_module(module), name)(feishu)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with feishu:
        print(f"local Feishu: {feishu.url}/simulator/")
        for name, value in settings(feishu).items():
            print(f"export FENNEL_FEISHU__{name}={value}", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
