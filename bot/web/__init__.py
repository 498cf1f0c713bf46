"""The process that Feishu pushes to: the webhook, the long connection, and what they prove and report."""

from bot.web.app import create_app, start

__all__ = ["create_app", "start"]
