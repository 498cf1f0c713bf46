"""The one exception of the card validator, apart so that its rules can raise it too."""

from __future__ import annotations


class CardRejected(Exception):
    """A card that Feishu refuses.

    `code` is the sub-code of 230099 (11310, 200621, ...), or one of CardKit's (300301, 300305, ...), or
    200860 for size; `value` is what Feishu prints as ErrorValue, `path` what it prints as ErrPath.
    """

    def __init__(self, code: int, message: str, value: str = "", path: str = "") -> None:
        super().__init__(
            f"{code}: {message}" + (f" ({value})" if value else "") + (f" at {path}" if path else "")
        )
        self.code = code
        self.message = message
        self.value = value
        self.path = path
