"""The release that runs: one number for `--version`, the cards' footer, `/status` and pyproject.toml."""

from __future__ import annotations

VERSION = "0.2.0"
