"""The words of card JSON 2.0: the values that enumerated properties may take.

Sources: "卡片 JSON 2.0 结构", the component pages and the colour page of Feishu's card guides.
"""

from __future__ import annotations


def names(listed: str) -> frozenset[str]:
    """The words of a list written with blanks between."""
    return frozenset(listed.split())


TEMPLATES = names("blue wathet turquoise green yellow orange red carmine violet purple indigo grey default")
TAG_COLORS = names(
    "neutral blue turquoise lime orange violet indigo wathet green yellow red purple carmine grey"
)
COLORS = TEMPLATES | TAG_COLORS | names("white black bg-white bg-black transparent")
SHADES = names("50 100 200 300 350 400 500 600 700 800 900")
TEXT_SIZES = names(
    "heading-0 heading-1 heading-2 heading-3 heading-4 heading normal notation "
    "xxxx-large xxx-large xx-large x-large large medium small x-small"
)
BUTTON_TYPES = names(
    "default primary danger text primary_text danger_text primary_filled danger_filled laser"
)
BUTTON_SIZES = names("tiny small medium large")
SPACINGS = names("small medium large extra_large default")
HORIZONTAL = names("left center right")
VERTICAL = names("top center bottom")
DIRECTIONS = names("vertical horizontal")
FLEX_MODES = names("none stretch flow bisect trisect")
DATA_TYPES = names("text lark_md options number persons date markdown")
GONE_TAGS = names("note action")
"""Components of JSON 1.0 that 2.0 refuses (200861)."""
