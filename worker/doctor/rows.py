"""What a check finds, as a row: (check, state, detail, fix). The doctor makes findings of rows."""

from __future__ import annotations

Row = tuple[str, str, str, str]
GOOD, WARNING, FAILED = "good", "warning", "failed"
