"""Code that a model writes as HTML, made the Markdown that everything after it reads.

Models that were shown much HTML write `<pre><code>` where a fence is asked for. Only a block whose tag begins
its line is one; a tag within a sentence or in other code is what the sentence speaks of.
"""

from __future__ import annotations

import html
import re

from bot.config.fences import fenced, outside

_OPENS = re.compile(
    r"^([ \t]{0,12}+)<pre\b([^<>\n]{0,200})>"
    r"(?:[ \t]{0,4}+\n?[ \t]{0,12}+<code\b([^<>\n]{0,200})>)?[ \t]*+\n?",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSES = re.compile(r"</pre[ \t]*+>[ \t]*+", re.IGNORECASE)
_END = "</code>"
_LANGUAGE = re.compile(r"(?:language-|lang-|lang=[\"']?)([\w+#.-]{1,24})", re.IGNORECASE)


def as_fences(text: str) -> str:
    """The text with its `<pre>` blocks between fences; one that is not closed reaches to the end."""
    return outside(text, _changed) if "<pre" in text.lower() else text


def _changed(text: str) -> str:
    found, place = [], 0
    while opens := _OPENS.search(text, place):
        closes = _CLOSES.search(text, opens.end())
        code = text[opens.end() : closes.start() if closes else len(text)]
        found += [text[place : opens.start()], _block(code, opens)]
        if closes is None:
            return "".join(found)
        place = closes.end()
        if not text.startswith("\n", place):
            found.append("\n")
    return "".join([*found, text[place:]])


def _block(code: str, opens: re.Match[str]) -> str:
    lead, *attributes = opens.groups(default="")
    named = _LANGUAGE.search(" ".join(attributes))
    code = code.rstrip()
    code = code[: -len(_END)] if code.lower().endswith(_END) else code
    code = "\n".join(line.removeprefix(lead) for line in code.strip("\n").rstrip().split("\n"))
    block = fenced(html.unescape(code), named[1] if named else "")
    return "\n".join(lead + line if line else line for line in block.split("\n"))
