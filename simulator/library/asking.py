"""What the routes of documents share: whole numbers in queries, pages of a list, limits of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from flask import request

from simulator.api.replies import ApiError
from simulator.tenant.limits import Window

Item = TypeVar("Item")

PER_SECOND = {
    "docx.get": 5, "docx.blocks": 5, "docx.children": 5, "docx.raw_content": 5, "drive.list": 20,
    "drive.download": 5, "bitable.tables": 20, "bitable.records": 20, "sheets.values": 100,
}  # fmt: skip
"""Calls a second of one app, by the API's page."""
PER_MINUTE = {"wiki.get_node": 100, "wiki.nodes": 100, "sheets.query": 100}
_BY_STATUS_400 = frozenset({"docx.get", "docx.blocks", "docx.children", "docx.raw_content"})
"""APIs whose pages say that the limit comes with HTTP 400 rather than 429."""


class OwnLimits:
    """The limits of document APIs: stricter than the 50 a second of all others."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self.windows = {name: Window(count, 1.0) for name, count in PER_SECOND.items()}
        self.windows |= {name: Window(count, 60.0) for name, count in PER_MINUTE.items()}

    def check(self) -> None:
        """Counts the call being answered. Raises ApiError 99991400."""
        operation = request.endpoint or ""
        window = self.windows.get(operation)
        if self.enabled and window is not None and not window.take(operation):
            status = 400 if operation in _BY_STATUS_400 else 429
            headers = {} if status == 400 else {"x-ogw-ratelimit-limit": str(window.allowed)}
            if status == 429:
                headers["x-ogw-ratelimit-reset"] = "1" if window.seconds == 1.0 else "5"
            raise ApiError(99991400, "request trigger frequency limit", status=status, headers=headers)


def page_of(items: Sequence[Item], refusal: ApiError, *, most: int, usual: int) -> tuple[list[Item], str]:
    """The page that is asked for and the token of the next, "" for the last. Raises `refusal`."""
    size, start = request.args.get("page_size", str(usual)), request.args.get("page_token") or "p0"
    if not size.isdigit() or not 0 < int(size) <= most or not start[1:].isdigit():
        raise refusal
    first = int(start[1:])
    following = first + int(size)
    return list(items[first:following]), f"p{following}" if following < len(items) else ""
