"""gunicorn's entry: `gunicorn wsgi:app`."""

from __future__ import annotations

import sys

from bot.errors import FennelError
from bot.web.app import start

_NOT_LOADED = 4
"""gunicorn's status for an application that cannot be loaded: it stops, and starts no further processes."""

try:
    app = start()
except FennelError as error:  # a setting that is missing or wrong is a sentence, not a traceback
    sys.stderr.write(f"error: {error}\n")
    sys.exit(_NOT_LOADED)
