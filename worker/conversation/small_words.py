"""Messages that ask nothing of the documents: thanks, greetings, "who are you".

They are told by their words alone, as a whole: "谢谢，那 Windows 呢" begins with thanks and is a question.
Pure: no model, no Redis.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from index.text.asking import is_asked


class Small(StrEnum):
    """What a message is, beside a question."""

    THANKS = "thanks"
    """Thanks, that it is understood, or a goodbye: a reaction is enough."""
    HELLO = "hello"
    WHO = "who"
    """Who are you?"""
    WHAT = "what"
    """What can you do, how are you used?"""
    STOP = "stop"


_FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class _Words:
    single: frozenset[str]
    phrases: tuple[str, ...] = ()

    @classmethod
    def read(cls, name: str) -> _Words:
        lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
        single = {word for line in lines if not line.startswith(("#", "+")) for word in line.split()}
        return cls(frozenset(single), tuple(line[1:].strip() for line in lines if line.startswith("+")))

    def longest(self, text: str) -> str:
        """The longest of the words that the text begins with."""
        return max((word for word in self.single if text.startswith(word)), key=len, default="")


_THANKS, _AROUND, _HELLO = _Words.read("thanks"), _Words.read("around"), _Words.read("hello")
_WHO = re.compile(
    r"(请问)?你(是|叫)(谁|什么|啥|哪位|什么名字|机器人|真人)(吗|呀|啊|呢)?|介绍(一下)?(你自己|自己)|自我介绍(一下)?"
    r"|(who|what) are you|what(s| is) your name|are you (a )?(bot|human|robot)|introduce yourself"
)
_WHAT = re.compile(
    r"你(都|还)?(能|会|可以)(做|干|帮我做|帮忙做|回答)?(些)?(什么|啥|哪些事|哪些问题|哪些)(事|问题|呀|啊|呢)?"
    r"|(你)?有(什么|啥|哪些)(功能|用|能力|作用)|你(是)?(干|做)(什么|啥)(用)?的"
    r"|(你|这个|机器人|这机器人|这个机器人)?(怎么|如何)(使用|用)(你|这个机器人)?|使用说明|功能介绍|怎么问(你)?"
    r"|what (can|do) you (do|know|answer)|what are you (for|good for)"
    r"|how do (i|we) use (you|this|this bot|it)"
    r"|how (does this|do you) work|how can you help( me)?|what can i ask( you)?|can you help( me)?"
)
_STOP = re.compile(
    r"停(止|一下|下|)|别(说|答|回答)了|不用(答|回答)了|取消|(please )?stop|stop it|cancel|abort"
)
_FIRST = re.compile(
    r"\A\s*+([^，,。.!！？?~～;；\n\s]++(?: you| a lot| it)?)([，,。.!！~～;；\n\s]++)(.*)", re.DOTALL
)
"""A first clause, what ends it, the rest."""
_TAIL = re.compile(r"(吗|呢|呀|啊|吧|啦|哦|哈)+$")
_SPLIT = re.compile(r"[^\w']+")
_MOST = 60
"""Characters beyond which a message is not small talk, whatever it holds."""


def small_word(text: str) -> Small | None:
    """What small thing a whole message says; None where it says more."""
    plain = _plain(text)
    if len(plain) > _MOST:
        return None
    if not plain:
        return Small.THANKS if _is_cheer(text) else None
    for kind, pattern in ((Small.WHO, _WHO), (Small.WHAT, _WHAT), (Small.STOP, _STOP)):
        if pattern.fullmatch(plain) or pattern.fullmatch(_TAIL.sub("", plain)):
            return kind
    if _consists(plain, _HELLO):
        return Small.HELLO
    return Small.THANKS if _consists(plain, _THANKS) else None


def without_thanks(text: str) -> str:
    """The message without thanks or a greeting before what it says: "谢谢，那 Windows 呢".

    Where nothing but a space parts them, only before a question: "nice build" is praise as a whole.
    """
    head, sep, rest = _first_part(text)
    ended = bool(sep.strip()) or is_asked(rest)
    if ended and rest.strip() and small_word(head) in (Small.THANKS, Small.HELLO):
        return without_thanks(rest.strip())
    return text


def _first_part(text: str) -> tuple[str, str, str]:
    found = _FIRST.match(text)
    return (found[1], found[2], found[3]) if found else (text, "", "")


def _plain(text: str) -> str:
    """Lower case, one space between words, without punctuation and pictures."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return _SPLIT.sub(" ", folded).strip()


def _consists(plain: str, words: _Words) -> bool:
    """Whether these words, with particles and names for people around them, are all there is."""
    left, count = f" {plain} ", 0
    for phrase in words.phrases:
        if f" {phrase} " in left:
            left, count = left.replace(f" {phrase} ", " "), count + 1
    for piece in left.split():
        said, rest = _strip(piece, words)
        count += said
        if rest:
            return False
    return count > 0


def _strip(piece: str, words: _Words) -> tuple[int, str]:
    """How many of the words a piece is made of, and what of it is none of them."""
    if piece.isascii():
        return int(piece in words.single), "" if piece in words.single | _AROUND.single else piece
    count = 0
    while piece:
        word = words.longest(piece)
        taken = word or _AROUND.longest(piece)
        if not taken:
            break
        count += bool(word)
        piece = piece[len(taken) :]
    return count, piece


def _is_cheer(text: str) -> bool:
    """Whether a message of nothing but pictures says thanks: 👍, 🙏, [THUMBSUP]."""
    return any(sign in text for sign in "👍🙏👌❤🌹💯👏🎉😊🤝💪🥰😁")
