"""What is measured, one file a benchmark; `make bench` runs them all."""

from __future__ import annotations

import json
from collections.abc import Mapping


def show(figures: Mapping[str, object], *, as_json: bool) -> None:
    """Prints one JSON object, or a line a figure."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:30} {json.dumps(value) if isinstance(value, dict) else value}")
