"""The marks that a server is asked to end a reply at.

Models whose files lack a generation_config.json run past their end mark; some servers hold to `stop` and some
do not, so `marks` cuts there too, where the mark is one and no word of the answer.
"""

from __future__ import annotations

STOP_WORDS = ("<|im_end|>",)
