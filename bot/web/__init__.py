"""The process that Feishu pushes to: the webhook, the long connection, and what they prove and report.

`create_app` and `start` are imported when they are asked for: whoever only signs or proves needs no Flask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.config.settings import Settings
    from bot.web.app import create_app, start

SETTINGS: Settings | None = None
"""What gunicorn's parent read, for the processes that it starts."""
__all__ = ["create_app", "start"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bot.web import app

    return getattr(app, name)
