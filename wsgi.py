"""gunicorn's entry: `gunicorn wsgi:app`."""

from __future__ import annotations

from bot.web.app import start

app = start()
