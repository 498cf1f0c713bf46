"""Strategies for Markdown as nobody would write it: fragments of syntax strung together with any text."""

from __future__ import annotations

from hypothesis import strategies as st

_FRAGMENTS = [
    "**", "*", "_", "~~", "`", "``", "```", "````", "\n", "\n\n", "    ", "\t", "- ", "1. ", "3) ", "> ",
    "# ", "### ", "|", "|--|--|", "| a | b |\n|---|---|\n| c | d |\n", "[", "]", "(", ")", "![", "](http://a.b/c_d)",
    "](./x)", "<br>", "<at id=all></at>", "<div>", "&lt;", "&amp;", "&#42;", "\\", "$", "$$", "\\(", "\\)",
    "x_1", "中文", "，", "。", "a", "word ", "1", "[1]", "http://x.y/z_w", "---", "===", "- [ ] ", "- [x] ",
    ":DONE:", "!", "<", ">", "\r", "\u200b", "~", "+ ", "<unk>", "python", "{", "}", "^", "\x00",
    "\x0b", "\u2028", "\ud800", "\udfff", "\x1b", "\x07", "\u202e", "\\[", "\\]", "__", "://", "![](data:,x)",
]  # fmt: skip

ANY_TEXT = st.text(st.characters(), max_size=200)
"""Lone surrogates among it.
"""

MARKDOWN = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=6), max_size=40).map("".join)

LONG_MARKDOWN = st.tuples(MARKDOWN, st.integers(2, 60)).map(lambda pair: pair[0] * pair[1])
