"""A local Feishu, as strict as the original: Open API, event pushes, a group chat in the browser.

Everything listens on 127.0.0.1 only. Tests use `LocalFeishu`; people use `python -m bot.simulator`.
"""

from bot.simulator.local import LocalFeishu, SentCard
from bot.simulator.validator import CardRejected, validate_card

__all__ = ["CardRejected", "LocalFeishu", "SentCard", "validate_card"]
