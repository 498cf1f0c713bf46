"""What an operator decides: the sections of config.yaml, how they are read, the object they become."""

from bot.config.settings import *  # noqa: F403
from bot.config.settings import __all__ as __all__
