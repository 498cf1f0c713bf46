"""What is sent to Feishu: one client, streamed cards, the token, the pace and the record of what was sent."""

from bot.feishu.client import Feishu, Sent

__all__ = ["Feishu", "Sent"]
