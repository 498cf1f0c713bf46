"""gunicorn's entry: `gunicorn wsgi:app`."""

from __future__ import annotations

from bot.web import start

app = start()
