"""`python -m bot connect`: a Feishu app by one scan, its keys in `.env`.

Nothing that is there is overwritten: where another app is connected, the command stops before it makes one.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.config.env_file import env_file, try_env_file, write_env_file
from bot.config.settings import Settings, load_settings
from bot.connect.qr_code import draw
from bot.connect.registration import Link, Registered, Wish, register
from bot.errors import ConfigError

_TOLD = {
    "slow_down": "Feishu asks for more patience; still waiting ...",
    "domain_switched": "This is a Lark account: going on at accounts.larksuite.com ...",
}
_DEFAULT_DOMAIN = "https://open.feishu.cn"


@dataclass(frozen=True)
class Options:
    """What was typed. `app_id` names an app that exists; `lark` starts at Lark's accounts server."""

    app_id: str = ""
    name: str = ""
    lark: bool = False
    listening: bool = False


def connect(config: Path | None, options: Options) -> Registered:
    """Registers, keeps the keys, says what is left to do. Raises ConfigError."""
    settings = load_settings(config)
    file = env_file(config)
    if file is None:
        raise ConfigError("FENNEL_ENV_FILE is empty, so there is no place for the keys; give it a path")
    _refuse_other_app(settings, file, options.app_id)
    try_env_file(file)
    domain = "https://open.larksuite.com" if options.lark else settings.feishu.domain
    print("Asking Feishu for a link (its SDK takes a few seconds to load) ...", flush=True)
    waiting = _Waiting()
    registered = register(
        Wish(domain, options.app_id, options.name, options.listening), waiting.show, waiting.tell
    )
    try:
        _keep(file, registered, config)
    except ConfigError as error:
        again = f"`python -m bot connect --app-id {registered.app_id}` then gets them again"
        raise ConfigError(f"the app is made, but its keys are not kept: {error}; {again}") from error
    print(f"Connected: app {registered.app_id}. Its keys are in {file}, which only you can read.")
    print(what_is_left(registered), flush=True)
    return registered


def _refuse_other_app(settings: Settings, file: Path, app_id: str) -> None:
    known = settings.feishu.app_id
    if known and known != app_id:
        raise ConfigError(
            f"feishu.app_id is {known} already; `python -m bot up` starts it, `python -m bot connect "
            f"--app-id {known}` asks for its missing permissions, and for another app take FEISHU_APP_ID and "
            f"FEISHU_APP_SECRET out of {file} or the environment first"
        )


def _keep(file: Path, registered: Registered, config: Path | None) -> None:
    """Writes the keys, under the names that the settings in use read them by."""
    keys = {"APP_ID": registered.app_id, "APP_SECRET": registered.app_secret}
    elsewhere = {} if registered.domain == _DEFAULT_DOMAIN else {"FENNEL_FEISHU__DOMAIN": registered.domain}
    _write(file, {**{f"FEISHU_{name}": value for name, value in keys.items()}, **elsewhere})
    if load_settings(config).feishu.app_id != registered.app_id:  # no file that refers to FEISHU_APP_ID
        _write(file, {f"FENNEL_FEISHU__{name}": value for name, value in keys.items()})


def _write(file: Path, values: dict[str, str]) -> None:
    write_env_file(file, values)
    os.environ.update(values)


class _Waiting:
    """What a person sees between the link and the end."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def show(self, link: Link) -> None:
        """The code and, beside it, the link."""
        drawn = draw(link.url, coloured=sys.stdout.isatty())
        print(drawn or "(The terminal is too narrow for the QR code: open the link.)")
        print("\nScan it with Feishu, or open this link and confirm the permissions it shows:")
        print(f"  {link.url}\n")
        print(
            f"Waiting; the link is good for {max(1, link.seconds // 60)} minutes. Ctrl+C stops.", flush=True
        )

    def tell(self, status: str) -> None:
        """Each state once; 'polling' needs no words after the first."""
        if status in _TOLD and status not in self._told:
            print(_TOLD[status], flush=True)
        self._told.add(status)


def what_is_left(registered: Registered) -> str:
    """What no scan can do, each with the page it is done on."""
    page = f"{registered.domain}/app/{registered.app_id}"
    return (
        "Over the long connection nothing else is needed. In the developer console are still:\n"
        "  who may find the bot, and publishing a version where your tenant asks for approval:\n"
        f"    {page}/version\n"
        "  for the webhook instead of the long connection, Verification Token and Encrypt Key:\n"
        f"    {page}/event\n"
        f"    put them into the same file as FEISHU_VERIFICATION_TOKEN and FEISHU_ENCRYPT_KEY"
    )
