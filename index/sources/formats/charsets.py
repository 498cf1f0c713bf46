"""Which of the encodings of the world a text without a mark is in, told from the characters each would give.

Every encoding reads almost any bytes as something: Japanese in Shift-JIS is valid GB 18030, of characters
that nobody writes. So each encoding's reading is weighed by how likely its characters are in a text of the
languages it is for, and the likeliest reading is taken. Two characters can be enough. A general detector was
tried: charset-normalizer reads 62 of 150 single lines of Chinese in GB 18030 as something else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from bot.errors import LoadError

LOOKED_AT = 65_536
"""Bytes of a text by which its encoding is chosen."""
_LEAST = log(1e-6)
"""Likelihood of a character that no text of these languages is expected to have."""
_LOST = log(1e-8)
_TYPED_ONE = log(1 / 50)
"""Of a character of ASCII."""
_JOINED = -3.0

_SIMPLIFIED = (
    "的一是不了在有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而"
    "方后多定行学法所民得经进着等部度家电力里如水化高自理起小物现实加量都两体制机当使点从业本去把性好应开它合还"
    "因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条没"
    "结解问意建月公无系军很情者最立代想已通并提直题程展果料象员入常文总次品式活设及管特件长求老头基资边流路级图"
    "山统接知较将组见计别手角期根论运农指区强放决西被干做必先回则任取完安装请错误配置运行文件系统"
)
_SIMPLIFIED_TOO = (
    "模型推答务服器引写存群每示需只持版例支话户测启索参卡读档名片书页飞试更码按显之权口令什址列息源改查据块调消输字认送少限网容考默目复算值录载秒换处台哪标擎包密怎再构端保段单己打评类项节收注供选步检钥格空"
    "缓带才该执几修何编板整署维环给序拒留词验除吞吐始连否阅张茴香记境具夹即功优译集准让效聊添确简速队填布找略含共键落证介交志绝预案脚创续切告搜旧占离快语适排备低掉细链访近言思径像致态绍候钮断某位另架走精择"
    "详依负谁撤率函互导策达操库失符识册轮帮赖盘增真签额照超况许判转控缀随丢退钟传兼助括首份非东响句号删英败升批磁终报受停且信映获闭演替顺约护固属待三际章足恢租击束影印站射客办闲遇追规便返域色专历采述够骤减"
    "继校核概局短毫远缺降均史景似扩仓析独百称差诉房二浏览止吗倍场越辟须半刻拿未状忙逐十混久镜极视免尝南荐官框造杀享希弃遵仍虑纯串声拷缩谢套旁延费盖门太静订至仅觉充避您责故异防望审抓企住万释栏篇画隧融训练络"
    "循遍叠补移覆积槛拉截软隔余议联警靠贡献损"
)
_TRADITIONAL = (
    "的一是不了在有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而"
    "方後多定行學法所民得經進著等部度家電力裡如水化高自理起小物現實加量都兩體制機當使點從業本去把性好應開它合還"
    "因由其些然前外天政四日那社義事平形相全表間樣與關各重新線內數正心反你明看原又麼利比或但質氣第向道命此變條沒"
    "結解問意建月公無系軍很情者最立代想已通並提直題程展果料象員入常文總次品式活設及管特件長求老頭基資邊流路級圖"
    "山統接知較將組見計別手角期根論運農指區強放決西被幹做必先回則任取完安裝請錯誤配置執行檔案"
)
_KOREAN = (
    "이다는을의에가고하지로기한를은사서어나인자도아시대정리일그해부제수라으상있원전장비과들주게보여동조성선게니와"
    "스면안습세경공구신만트마했우유분연국문방용관었까되것무말할설오위거음실요소생드파야화행등중간입결모요않없저때"
)
_PUNCTUATION = "。，、：；？！（）《》“”‘’—…·「」『』　【】～％．－／"
_LATIN = "éèàüöäñçáíóúßêâîôãõåæøœëïìòùûÉÜÖÄ"
_TYPED = "’‘“”–—…•·€©®°§«»¡¿ºª\xa0£™±²³µ½¼×"
_CYRILLIC = (("оеаинтср", 0.5), ("влкмдпуяыьгзбч", 0.38), ("йхжшюцщэфъёіїєґ", 0.08))

_Weights = dict[str, float]


def _shared(*groups: tuple[str, float]) -> _Weights:
    """Character -> log of its likelihood: each group's share spread over its characters, the first group
    that has a character counts."""
    found: _Weights = {}
    for characters, share in groups:
        own = dict.fromkeys(one for one in characters if one not in found)
        found.update(dict.fromkeys(own, log(share / max(len(own), 1))))
    return found


def _between(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


def _coded(encoding: str, leads: range, trails: range) -> str:
    """The characters that a range of a code table gives."""
    codes = (bytes((lead, trail)).decode(encoding, "ignore") for lead in leads for trail in trails)
    return "".join(code for code in codes if len(code) == 1)


_GB = range(0xA1, 0xFF)
_BIG5 = range(0x40, 0xFF)


@lru_cache(maxsize=1)
def _languages() -> dict[str, _Weights]:
    """Language -> how likely each of its characters beyond ASCII is."""
    level_one, level_two = _coded("gb2312", range(0xB0, 0xD8), _GB), _coded("gb2312", range(0xD8, 0xF8), _GB)
    often, seldom = _coded("big5", range(0xA4, 0xC7), _BIG5), _coded("big5", range(0xC9, 0xFA), _BIG5)
    kanji = _coded("euc_jp", range(0xB0, 0xD0), _GB)
    hiragana, katakana = _between(0x3041, 0x3093), _between(0x30A1, 0x30F6) + "ー"
    wide = _between(0xFF10, 0xFF5A)
    signs = (_between(0x1F300, 0x1FAFF) + _between(0x2500, 0x27BF) + "\ufe0f\u20e3", 0.005)
    found: dict[str, tuple[tuple[str, float], ...]] = {
        "simplified": (
            (_PUNCTUATION, 0.12),
            (_SIMPLIFIED, 0.5),
            (_SIMPLIFIED_TOO, 0.24),
            (level_one, 0.1),
            (level_two, 0.02),
            (wide, 0.01),
        ),
        "traditional": (
            (_PUNCTUATION, 0.12),
            (_TRADITIONAL, 0.45),
            (often, 0.38),
            (seldom, 0.02),
            (wide, 0.01),
        ),
        "japanese": ((_PUNCTUATION, 0.1), (hiragana, 0.45), (katakana, 0.18), (kanji, 0.24), (wide, 0.02)),
        "korean": ((_PUNCTUATION, 0.03), (_KOREAN, 0.6), (_coded("euc_kr", range(0xB0, 0xC9), _GB), 0.34)),
        "western": ((_LATIN, 0.7), (_TYPED, 0.22), (_between(0xC0, 0xFF), 0.02)),
        "russian": (*_CYRILLIC, (_between(0x410, 0x42F), 0.04), ("№«»—", 0.02)),
    }
    return {language: _shared(*groups, signs) for language, groups in found.items()}


@dataclass(frozen=True, order=True)
class _Encoding:
    name: str
    languages: tuple[str, ...]
    seldom: float
    """How much less likely than GB 18030 it is before the text is seen, as a logarithm."""
    least: float = -11.5
    """Mean likelihood of its characters beyond ASCII below which the bytes are no text in it."""


_ANY = ("simplified", "traditional", "japanese", "korean", "western", "russian")
_ENCODINGS = (
    _Encoding("gb18030", ("simplified", "traditional"), 0.0),
    _Encoding("utf-8", _ANY, 0.0),
    _Encoding("big5hkscs", ("traditional",), 1.0),
    _Encoding("cp932", ("japanese",), 2.0),
    _Encoding("euc_jp", ("japanese",), 3.0),
    _Encoding("cp949", ("korean",), 5.0),
    _Encoding("cp1252", ("western",), 2.0, least=-8.5),
    _Encoding("cp1251", ("russian",), 4.0, least=-7.0),
    _Encoding("koi8_r", ("russian",), 7.0, least=-7.0),
    _Encoding("utf-16-le", _ANY, 6.0),
    _Encoding("utf-16-be", _ANY, 7.0),
)
_MIXED = re.compile(r"[A-Za-z][^\W\x00-\x7f]|[^\W\x00-\x7f][a-z]")
"""A letter beyond ASCII beside one of ASCII."""
_UNLIKELY = {("western",): re.compile(r"[^\x00-\x7f](?=[^\W\x00-\x7f])"), _ANY: re.compile(r"(?!)")}
"""Languages -> what is rare in them; of western ones two letters beyond ASCII beside each other."""
NAMES = "UTF-8, UTF-16, GB18030, Big5, Shift-JIS, EUC-JP, EUC-KR, Windows-1252, Windows-1251 or KOI8-R"


def guessed(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Text that is not UTF-8 and has no mark, and what is to be told of it. Raises LoadError."""
    if raw.startswith(b"\x1b") or b"\x1b$" in raw[:LOOKED_AT]:
        try:
            return raw.decode("iso2022_jp"), ()
        except UnicodeDecodeError:
            pass
    text, name = _likeliest(raw, _ENCODINGS)
    if not name:
        raise LoadError(f"not text in {NAMES}")
    lost = text.count("�") - raw.count("�".encode())
    return text, (f"{lost} bytes are not {name.upper()}; they are shown as �",) if lost > 0 else ()


def wide(raw: bytes) -> str:
    """Text in UTF-16 without a mark, of bytes with zeros among them; empty where they are none."""
    text, _ = _likeliest(raw, [one for one in _ENCODINGS if one.name.startswith("utf-16")])
    return text


def _likeliest(raw: bytes, encodings: Sequence[_Encoding]) -> tuple[str, str]:
    """(text, name of its encoding), both empty for what is no text in any of them."""
    start = raw[:LOOKED_AT]
    (_, mean), best = max((_weighed(start, one), one) for one in encodings)
    if mean < best.least:
        return "", ""
    return raw.decode(best.name, "replace"), best.name


def _weighed(raw: bytes, encoding: _Encoding) -> tuple[float, float]:
    """The likelihood of bytes read in an encoding, and the mean of their characters beyond ASCII."""
    text = raw.decode(encoding.name, "replace")
    counts = Counter(text)
    foreign = [(one, count) for one, count in counts.items() if one > "\x7f"]
    unlikely = _JOINED * len(_UNLIKELY.get(encoding.languages, _MIXED).findall(text))
    own = unlikely + max(
        _of(foreign, _languages()[language], encoding.name) for language in encoding.languages
    )
    typed = sum(count for one, count in counts.items() if " " <= one <= "~" or one in "\t\n\r\f")
    controls = counts.total() - typed - sum(count for _, count in foreign)
    mean = own / max(sum(count for _, count in foreign), 1)
    return (
        own + typed * _TYPED_ONE + controls * _LOST - encoding.seldom,
        mean + controls * _LOST / counts.total(),
    )


def _of(counts: list[tuple[str, int]], weights: _Weights, encoding: str) -> float:
    return sum(count * (weights.get(one) or _unlisted(one, encoding)) for one, count in counts)


def _unlisted(character: str, encoding: str) -> float:
    if character == "�":
        return _LOST
    long = encoding == "gb18030" and character < "\U00010000" and len(character.encode(encoding)) > 2
    return 2 * _LEAST if long else _LEAST
