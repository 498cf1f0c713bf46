"""A local Feishu, as strict as the original: Open API, event pushes, a group chat in the browser.

Everything listens on 127.0.0.1 only. Tests use `LocalFeishu`; people use `python -m simulator`.
"""

from simulator.cards.validator import CardRejected, validate_card
from simulator.local import LocalFeishu, SentCard

__all__ = ["CardRejected", "LocalFeishu", "SentCard", "validate_card"]
