"""The shape that travels everywhere in the local Feishu."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""An object as Feishu sends or expects it."""
