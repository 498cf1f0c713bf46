"""Phrases of a question that do not count word by word: one thing in two words, an address, "stop ... from".

"Both networks are 192.168.1.0/24 and collide" is about the collision; a page that happens to have the address
in an example answers nothing. So the words of an address tell little.
"""

from __future__ import annotations

import re

from index.text.terms import terms

_AS_ONE = {
    "set up": "setup", "log in": "login", "sign in": "login", "back up": "backup", "turn on": "enable",
    "turn off": "disable", "switch on": "enable", "switch off": "disable", "get rid of": "remove",
    "more than one": "multiple", "shut down": "shutdown", "roll back": "rollback", "take off": "remove",
}  # fmt: skip
"""Phrases that are one word to a document."""
_PHRASES = re.compile(rf"\b(?:{'|'.join(_AS_ONE)})\b", re.IGNORECASE)
TELLS = 0.15
"""What a word of an address tells of what is asked, of one word of what it would tell elsewhere."""
_LITERAL = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://[^\s，。；、）)\"'<>`]+|"
    r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|"
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?::\d{1,5})?(?![\w.]*\w)|"
    r"\blocalhost(?::\d{1,5})?\b|"
    r"\b(?:[a-z0-9-]{1,63}\.){1,6}(?:com|cn|org|net|local|lan|internal|example|test)(?::\d{1,5})?\b(?!\.\w)",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:stop|keep|prevent|block|forbid)\b(?=[^\n.?!]{1,60}?\bfrom\b)", re.IGNORECASE)
KEPT_FROM = ("disable", "prevent", "off")
"""What pages say of what is kept from happening."""


_NOT = re.compile(
    r"\b(ca|could|did|do|does|had|has|have|is|are|should|was|were|wo|would)(?:nt|n[’´`]t)\b", re.IGNORECASE
)


def as_one(text: str) -> str:
    """The text with one word for each phrase that is one to a document, and "don't" for "dont"."""
    text = _NOT.sub(r"\1n't", text)
    return _PHRASES.sub(lambda match: _AS_ONE.get(match.group().lower(), match.group()), text)  # ı is no i


def literal_words(text: str) -> frozenset[str]:
    """The terms of the addresses, hosts and URLs in a question that stand nowhere else in it.

    Empty where the question has no other words: then it asks about the address.
    """
    found = frozenset(term for literal in _LITERAL.findall(text) for term in terms(literal))
    rest = frozenset(terms(_LITERAL.sub(" ", text))) if found else frozenset()
    return found - rest if rest else frozenset()


def kept_from(text: str) -> frozenset[str]:
    """The term of the verb in "stop it from upgrading"; none for "stop the server"."""
    return frozenset(term for verb in _FROM.findall(text) for term in terms(verb))
