"""What an operator decides: the sections of config.yaml, how the file is read, and the object they become."""

from bot.config.settings import *  # noqa: F403
from bot.config.settings import __all__ as __all__
