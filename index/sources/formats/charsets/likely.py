"""How likely bytes are as text in an encoding, from the characters that they would give.

Three things speak for a reading: how often its language writes these characters, how they stand beside each
other (a lone ideograph in English prose is rare, a lone sign is not; ¡ begins a word), and words that are
known. Bytes in no order at all are a reading too, against which the others must stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from index.sources.formats.charsets.letters import Weights, languages
from index.sources.formats.charsets.words import known_words
from index.text.chinese import CHARACTERS

_LEAST = log(1e-6)
"""Likelihood of a character that no text of these languages is expected to have."""
_LOST = log(1e-8)
_TYPED_ONE = log(1 / 50)
"""Of a character of ASCII."""
_NOISE_ONE, _NOISE = log(1 / 256), -10.0
"""Of a byte that is no text, and of bytes that are no text at all."""
_PIECES, _PIECE = 8, 512
"""How many pieces, of how many bytes each, rule out encodings for a text of four times as much."""
_HOPELESS = 1_000.0
"""Logarithm by which an encoding must be behind on the pieces; characters cut at their ends cost 300."""
_WORD = 3.0
"""What a known word of Chinese speaks for a reading."""


_TITLES = {
    "big5hkscs": "Big5", "cp932": "Shift-JIS", "cp949": "EUC-KR", "iso8859_2": "ISO 8859-2",
    "cp874": "Windows-874",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Encoding:
    """An encoding that text without a mark may be in."""

    name: str
    languages: tuple[str, ...]
    seldom: float
    """How much less likely than GB 18030 it is before the text is seen, as a logarithm."""

    @property
    def title(self) -> str:
        """What people call it."""
        return _TITLES.get(self.name) or self.name.upper().replace("CP125", "Windows-125").replace("_", "-")


_ANY = tuple(sorted(("simplified", "traditional", "japanese", "korean", "western", "russian")))
_CENTRAL = ("central", "hungarian", "romanian", "polish", "czech")
UTF_8 = Encoding("utf-8", _ANY, 0.0)
WIDE = (Encoding("utf-16-le", _ANY, 6.0), Encoding("utf-16-be", _ANY, 7.0))
GB18030 = Encoding("gb18030", ("simplified", "traditional"), 0.0)
TYPED = Encoding("cp1252", ("western",), 2.0)
ENCODINGS = (
    GB18030,
    UTF_8,
    Encoding("big5hkscs", ("traditional",), 1.0),
    Encoding("cp932", ("japanese",), 2.0),
    Encoding("euc_jp", ("japanese",), 2.5),
    Encoding("cp949", ("korean",), 3.5),
    TYPED,
    Encoding("cp1250", _CENTRAL, 4.0),
    Encoding("iso8859_2", _CENTRAL, 6.0),
    Encoding("cp1254", ("turkish",), 5.0),
    Encoding("cp1253", ("greek",), 5.0),
    Encoding("cp1251", ("russian",), 4.0),
    Encoding("koi8_r", ("russian",), 5.0),
    Encoding("koi8_u", ("russian",), 6.0),
    Encoding("cp866", ("russian",), 9.0),
    Encoding("cp1255", ("hebrew",), 7.0),
    Encoding("cp1256", ("arabic",), 7.0),
    Encoding("cp874", ("thai",), 7.0),
)
_WIDE_LETTER = f"[々{CHARACTERS}ぁ-ヿ가-힣]"
_OFTEN_ALONE = "在的和与與或为為是中下上于於用从從到第章节節年月日个個条條时時秒元页頁"
_LETTER, _FOREIGN = r"[^\W\d_]", r"[^\W\d_\x00-\x7f]"
_ENDS, _OPENS = "。，、：；？！）》”’」』】", "（《“‘「『【"
_EAST = (
    (rf"(?<![^\x00-\x7f])(?![{_OFTEN_ALONE}]){_WIDE_LETTER}(?![^\x00-\x7f])", -3.0),
    (rf"[A-Za-z](?={_WIDE_LETTER})|{_WIDE_LETTER}(?=[a-z])", -3.0),
    (rf"(?m:^)[{_ENDS}]|(?<=[ \t])[{_ENDS}]", -6.0),
    (rf"[{_OPENS}](?=\s|\Z)", -4.0),
    (r"(?<=[\w)%] )[●■★]", -2.0),
    (r"·(?=[A-Za-z])", -8.0),
    (r"(?<=[A-Za-z])[─-╿]|[─-╿](?=[A-Za-z])", -3.0),
    (r"(?<=[A-Za-z]\s)℃(?=\s[A-Za-z])|(?m:^)℃(?=\s[A-Za-z])", -6.0),
    (r"[\uff61-\uff9f](?![\uff61-\uff9f])(?<![\uff61-\uff9f].)", -4.0),
)
_BIG, _SMALL = "А-ЯЁІЇЄҐΆΈ-ΏΑ-Ϋ", "а-яёіїєґά-ώ"
_NORTH = (
    (rf"[{_SMALL}](?=[{_BIG}])", -6.0),
    (rf"[{_BIG}]{{2,}}", -3.0),
    (rf"[{_BIG}](?=[{_SMALL}])", -1.0),
    (rf"(?<!\w)(?![ивскоуаяжбіїєйИВСКОУАЯО]){_FOREIGN}(?!\w)", -6.0),
    (r"(?<!\w)[ивскоуаяжбіїєйИВСКОУАЯО](?!\w)", -3.0),
    (rf"\A(?!(?s:.)*{_FOREIGN}{{2}})", -8.0),
    (r"(?i:[бвгджзклмнпрстфхцчшщ]й|[аеёиоуыэюя][ьъ]|чч|щщ|йй|ьь|ыы|цц|хх|\b[ьъы])", -4.0),
    (rf"[A-Za-z0-9](?={_FOREIGN})|{_FOREIGN}(?=[A-Za-z0-9])", -3.0),
)
_ALONE = rf"(?<!{_LETTER}){_FOREIGN}(?!{_LETTER})"
_SOUTH = (
    (_ALONE, -6.0),
    (rf"[A-Za-z](?={_FOREIGN})|{_FOREIGN}(?=[A-Za-z])", -3.0),
    (rf"\A(?!(?s:.)*{_FOREIGN}{{2}})", -8.0),
    (rf"[¡-¿×÷](?={_FOREIGN})", -6.0),
)
_BY_LETTERS = {
    "hebrew": (*_SOUTH, (r"[ךםןףץ](?=[א-ת])|(?<![א-ת])[ךםןףץ]", -5.0), (r"[\u0591-\u05c7]", -3.0)),
    "arabic": (*_SOUTH, (r"[ةى](?=[ء-ي])|(?<![ء-ي])[ةىءئؤ]|(?<=[ء-ي])(?<![اوي])ء|ء(?=[ب-ي])", -5.0)),
    "thai": (
        (r"(?<![ก-๎])[ก-๎](?![ก-๎])|(?<![ก-๎])[ะ-ฺ็-๎]|[เ-ไ](?![ก-ฮ])|[ัิ-ฺ็][ะ-ฺ็]|[่-๋]{2}", -5.0),
        (r"[A-Za-z](?=[ก-๎])|[ก-๎](?=[A-Za-z])", -3.0),
    ),
}
_LATIN = (
    (rf"(?<!{_LETTER})(?![ªºµàéèóáêöåÀÉÓ]){_FOREIGN}(?!{_LETTER})", -7.0),
    (rf"(?<!{_LETTER})[àéèóáêöåÀÉÓ](?!{_LETTER})", -1.0),
    (rf"[¡¿](?!{_LETTER}|[“«\"])|(?<=\w)[¡¿]|[¡¿]{_LETTER}(?!{_LETTER})", -5.0),
    (r"[a-zß-ÿ](?=[À-Þ])", -3.0),
    (rf"(?<={_LETTER})[¹²³ª¼½¾](?={_LETTER})|(?<=[a-z]{{3}})[¹²³](?!\w)", -5.0),
    (r"[ìùò](?=[a-z])|œ(?![uins])|ñ(?![aeiouáéíóúü])", -3.0),
    (r"[€£](?!\s?\d)(?<!\d.)(?<!\d\s.)", -5.0),
    (rf"(?<={_LETTER})[°µ]|°(?=[a-z])", -2.0),
)
_WEST = (
    (rf"{_FOREIGN}(?={_FOREIGN})", -3.0),
    *_LATIN,
    (r"[aeiouáéíóúöü]\w{0,2}õ(?!e)|[aeiouáéíóúöü][bcdfghjklmnprstvxz]{1,2}û|û(?=[dkbjvzg])", -4.0),
    (r"ø[ií]|[pPtTvV]ø(?=[eaáéu])|è(?=k|n[íýá])|º(?=[a-z])", -3.0),
)
_MIDDLE = (
    (rf"{_FOREIGN}(?={_FOREIGN})", -1.0),
    *_LATIN,
    (r"(?<!\w)(?:[Ss]űr(?!ű|ít)|[Bb]rű|[Ff]lű|[Mm]űr)|oű|ă[oe]|nhă|(?<=\d)ş|(?<!\w)[Nn]ş(?!\w)", -6.0),
    (r"[iu]ţ(?!\w)|[aeiou]ţ[lmktr]", -3.0),
)
"""Of central Europe; last: what Western words become."""
_PRIVATE = re.compile("[\uf8f0-\uf8f3]")
_TYPED_TWICE = re.compile(
    "["
    + "".join(
        f"{chr(256 * high + 0x20)}-{chr(256 * high + 0x7E)}" for high in range(0x20, 0x7F) if high != 0x30
    )
    + "]"
)
"""What UTF-16 makes of two letters of ASCII."""
_CUSTOMS = {
    language: tuple((re.compile(expression), cost) for expression, cost in customs)
    for named, customs in (
        (("simplified", "traditional", "japanese", "korean"), _EAST),
        (("russian", "greek"), _NORTH),
        (("western", "turkish"), _WEST),
        (("central",), _MIDDLE),
        *(((language,), customs) for language, customs in _BY_LETTERS.items()),
    )
    for language in named
}
_CUSTOMS |= {one.name: ((_TYPED_TWICE, -2.5),) for one in WIDE}
"""Language, or name of a wide encoding -> what is rare in its texts, and what each place of it costs."""


def likeliest(raw: bytes, encodings: Sequence[Encoding] = ENCODINGS, beside: int = 0) -> Encoding | None:
    """The encoding that bytes are most likely text in; None where they are none.

    `beside`: bytes of plain ASCII in the same file, which speak for text.
    """
    score, best = max((weighed(raw, one), one) for one in _not_hopeless(raw, encodings))
    noise = _NOISE + len(raw) * _NOISE_ONE + beside * (_NOISE_ONE - _TYPED_ONE)
    return best if score > noise else None


def _not_hopeless(raw: bytes, encodings: Sequence[Encoding]) -> Sequence[Encoding]:
    """Of a long text, the encodings that pieces from all over it leave: to weigh one is to read it all."""
    if len(raw) < 4 * _PIECES * _PIECE:
        return encodings
    starts = range(0, len(raw) - _PIECE, len(raw) // _PIECES & ~1)
    pieces = b"".join(raw[start : start + _PIECE] for start in starts)
    scores = {one: weighed(pieces, one) for one in encodings}
    least = max(scores.values()) - _HOPELESS
    return [one for one in encodings if scores[one] >= least]


def read(raw: bytes, encoding: Encoding) -> str:
    """The text of bytes, those that are none as �. Python reads four single bytes as private characters."""
    text = raw.decode(encoding.name, "replace")
    return _PRIVATE.sub("�", text) if encoding.name == "cp932" else text


def weighed(raw: bytes, encoding: Encoding) -> float:
    """Logarithm of how likely bytes are text in an encoding."""
    text = read(raw, encoding)
    counts = Counter(text)
    foreign = [(one, count) for one, count in counts.items() if one > "\x7f"]
    typed = sum(count for one, count in counts.items() if " " <= one <= "~" or one in "\t\n\r\f")
    controls = counts.total() - typed - sum(count for _, count in foreign)
    customs = _CUSTOMS.get(encoding.languages[0] if encoding.languages != _ANY else encoding.name, ())
    return (
        max(_of(foreign, languages()[language], encoding.name) for language in encoding.languages)
        + sum(cost * len(expression.findall(text)) for expression, cost in customs)
        + _WORD * len(known_words(text))
        + typed * _TYPED_ONE
        + controls * _LOST
        - encoding.seldom
    )


def _of(counts: list[tuple[str, int]], weights: Weights, encoding: str) -> float:
    return sum(count * (weights.get(one) or _unlisted(one, encoding)) for one, count in counts)


def _unlisted(character: str, encoding: str) -> float:
    if character == "�":
        return _LOST
    long = encoding == "gb18030" and character < "\U00010000" and len(character.encode(encoding)) > 2
    return 2 * _LEAST if long else _LEAST
