"""Every sentence the bot says to people, Chinese and English side by side, in one room.

Code names a sentence, never writes one: a translator or an operator who wants another tone edits these
files alone. `{placeholders}` are filled by `say`; a name or a placeholder that does not exist is an error.
"""

from bot.messages.sentences import SENTENCES, because_ignored, say

__all__ = ["SENTENCES", "because_ignored", "say"]
