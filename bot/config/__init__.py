"""What an operator decides: the sections of config.yaml, how they are read, the object they become.

The settings can be had from here, too; they are read when they are asked for, as many a process needs only a
small module of this room.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config.settings import *  # noqa: F403
    from bot.config.settings import __all__ as __all__


def __getattr__(name: str) -> object:
    if name == "__all__" or name[0].isupper() or name == "load_settings":
        return getattr(import_module("bot.config.settings"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
