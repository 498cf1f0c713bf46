"""Text files in the encodings of the world, without a mark that says which."""

from __future__ import annotations

import random

import pytest

from bot.errors import LoadError
from index.sources.formats.by_suffix import read
from index.sources.formats.encoding import decode

JAPANESE = (
    "インストールの手順を説明します。",
    "パスワードを忘れたときは、管理者に連絡してください。",
    "カタカナ",
    "データベースの接続数は 12 です。",
)
KOREAN = ("설치 방법을 설명합니다.", "비밀번호를 잊어버렸습니다", "관리자", "기본 연결 수는 12개입니다.")
TRADITIONAL = ("安裝說明與設定", "請先下載檔案，然後執行安裝程式。", "伺服器重新啟動後生效", "錯誤訊息")
SIMPLIFIED = (
    "安装", "欢迎", "温馨提示", "代码风格规范推荐", "## Docker 部署", "- [🏗️ 部署教程](#部署)",
    "怎么把 pool_size 改成 12？", "若测试集的困惑度较高", "价格：€12", "注释规范",
)  # fmt: skip
WESTERN = (
    "Le fichier de configuration est déjà créé.", "Größe der Warteschlange", "El tamaño máximo es 12.",
    "naïve café", "É", "São Paulo não é a capital", "Straße",
)  # fmt: skip
TYPED = ("“Quoted” words – and a dash…", "It’s done", "Price: 12 €")
RUSSIAN = ("Как установить сервер?", "Настройка подключения к базе данных", "Файл не найден")
HEBREW = ("השער נפתח עם שחר ונסגר בערב.", "המפתח מונח בארון ליד הדלת", "שומר", "מספר החיבורים הוא 12.")
ARABIC = (
    "تفتح البوابة عند الفجر وتغلق في المساء.",
    "المفتاح في الخزانة بجانب الباب",
    "عدد الاتصالات هو 12.",
)
THAI = ("ประตูเปิดตอนรุ่งเช้าและปิดตอนเย็น", "กุญแจอยู่ในตู้ข้างประตู", "ยามเฝ้าประตู", "จำนวนการเชื่อมต่อคือ 12")
GUIDE = "A guide of plain English, one line of it.\n"
STEP = "请先下载安装包，然后按照说明完成配置。\n"
ALONE = {
    "gb18030": (
        "The limit is ≥ 12.", "Keep it below 40 ℃.", "An angle of 45°", "in → out", "3×4", "± 5 %", "≤",

        "100 μs", "α = 0.05", "Ω resistor", "√ done", "★ new", "■ item", "①first", "ok。", "key：value",
        "（optional）", "【Note】read", "￥100", "the 中文 word", "├── docs", "目录",
        "# bs 为 12", "为什么要写 docstring",
    ),
    "cp1252": (
        "An angle of 45°", "100 µs", "20°C", "10 µm", "3 × 4", "± 5 %", "5 ÷ 2", "x²", "¥100", "£5", "é",

        "à la carte", "¡Hola!", "¿Qué?", "« oui »", "Ærø", "Müller GmbH", "don’t", "a – b",
        "™", "1ª", "½ cup", "ü",
    ),
    "big5": ("→ next", "40 ℃", "±", "°C", "● item", "the 中文 word", "key：value", "，"),
    "cp932": ("→ next", "40 ℃", "≧ 12", "① first", "㈱", "日本", "設定", "半角ｱｲｳ", "※ 注意"),
    "euc_jp": ("→ next", "※", "設定", "概要", "接続設定", "再起動", "東京都", "利用者管理", "日本国憲法"),
    "cp949": ("설치", "「인용」", "※ 주의", "서버"),
    "koi8_r": ("Файл", "НАСТРОЙКА", "Ошибка 12"),
    "koi8_u": ("Налаштування сервера",),
    "cp1251": ("Да", "Файл", "НАСТРОЙКА"),
    "cp1250": ("Příliš žluťoučký kůň", "Zażółć gęślą jaźń", "Łódź", "Treść"),
    "cp1254": ("Türkçe ayarlar şifre", "İstanbul"),
    "cp1253": ("Ρυθμίσεις διακομιστή", "Άδεια", "Μισθός"),
    "cp1255": ("הגדרות שרת", "המפתח בארון"),
    "cp1256": ("إعدادات الخادم", "المفتاح"),
    "cp874": ("การตั้งค่าเซิร์ฟเวอร์", "กุญแจอยู่ในตู้"),
}  # fmt: skip
"""Encoding -> texts that are all a page has beyond ASCII."""
TEXTS = {
    "gb18030": SIMPLIFIED,
    "big5": TRADITIONAL,
    "shift_jis": JAPANESE,
    "cp932": ("①～⑳の機種依存文字を含む説明です。",),
    "euc_jp": JAPANESE,
    "iso2022_jp": JAPANESE,
    "euc_kr": KOREAN,
    "cp949": KOREAN,
    "cp1252": WESTERN + TYPED,
    "iso8859_1": WESTERN,
    "cp1251": RUSSIAN,
    "koi8_r": RUSSIAN,
    "cp1255": HEBREW,
    "cp1256": ARABIC,
    "cp874": THAI,
    "utf-32": (*SIMPLIFIED, *WESTERN),
    "utf-16-le": (*SIMPLIFIED[2:], *JAPANESE[:2], *KOREAN, *WESTERN, "plain words\n"),
    "utf-16-be": (*SIMPLIFIED[2:], *TRADITIONAL, *RUSSIAN, "plain words\n"),
}


@pytest.mark.parametrize(
    ("encoding", "text"), [(encoding, text) for encoding, texts in TEXTS.items() for text in texts]
)
def test_a_line_is_read_in_its_encoding(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == (text, ())


@pytest.mark.parametrize("before", ["", GUIDE, GUIDE * 3000], ids=["alone", "in a page", "after 120 KB"])
@pytest.mark.parametrize(
    ("encoding", "text"), [(encoding, text) for encoding, texts in ALONE.items() for text in texts]
)
def test_a_page_is_read_by_one_word_or_sign(encoding: str, text: str, before: str) -> None:
    page = f"{before}{text}\n{before}"
    assert decode(page.encode(encoding)) == (page, ())


@pytest.mark.parametrize("text", ["café", "°", "α", "β", "λ = 3", "Ñ", "Да", "שלום", "naïve", "ş", "×"])
def test_short_text_in_utf_8_stays_so(text: str) -> None:
    assert decode(text.encode()) == (text, ())


@pytest.mark.parametrize("times", [1, 400])
@pytest.mark.parametrize("encoding", TEXTS)
def test_a_document_is_read_in_its_encoding(encoding: str, times: int) -> None:
    text = ("\n\n".join(TEXTS[encoding]) + "\n") * times
    assert read(".txt", text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"), [("shift_jis", JAPANESE[0]), ("euc_kr", KOREAN[0]), ("gbk", "安装说明")]
)
def test_a_page_without_a_declared_encoding_is_read(encoding: str, text: str) -> None:
    page = read(".html", f"<title>{text}</title><body><h1>{text}</h1><p>{text}</p></body>".encode(encoding))
    assert page.title == text
    assert text in page.text


def test_the_encoding_a_page_declares_is_believed() -> None:
    raw = '<meta charset="euc-kr"><title>설치</title><p>설치 방법</p>'.encode("euc_kr")
    assert read(".html", raw).title == "설치"


@pytest.mark.parametrize(
    ("named", "encoding", "told"),
    [
        ("gb2312", "gbk", "安装�"),
        ("utf-8", "utf-8", "安装�"),
        ("utf-8", "gbk", "安装�"),
        ("iso-8859-1", "gbk", "安装�"),
        ("gb2312", "utf-8", "安装�"),
    ],
)
def test_a_broken_page_is_read_whatever_it_says(named: str, encoding: str, told: str) -> None:
    page = f'<meta charset="{named}"><title>安装说明</title><p>请先下载，然后安装'
    found = read(".html", page.encode(encoding) + b"\xff</p>")
    assert (found.title, found.text) == ("安装说明", f"请先下载，然后{told}")
    assert len(found.notes) == 1
    assert "1 byte is not" in found.notes[0]


@pytest.mark.parametrize(
    ("raw", "text", "told"),
    [
        ((STEP + "a\0b\n").encode(), STEP + "a�b\n", "1 byte is zero"),
        ((STEP + "a\0b\n").encode("gbk"), STEP + "a�b\n", "1 byte is zero"),
        (b"hello\0\n", "hello�\n", "1 byte is zero"),
        (b"\xef\xbb\xbf" + STEP.encode("gbk"), STEP, ""),
        (b"\xef\xbb\xbf" + "café".encode("cp1252"), "café", ""),
        (b"\xef\xbb\xbf" * 2 + STEP.encode(), STEP, ""),
        (b"\xff\xfe" + STEP.encode("gbk") * 3, STEP * 3, "its mark says UTF-16"),
        (("\ufeff" + STEP).encode("utf-16-le")[:-1], STEP[:-1] + "�", "not utf-16"),
        (STEP.encode() * 3 + STEP.encode("gbk"), STEP * 4, "1 line is GB18030, the others UTF-8"),
        (STEP.encode("gbk") * 3 + STEP.encode(), STEP * 4, "1 line is UTF-8, the others GB18030"),
        ("naïve\n".encode() + "café\n".encode("cp1252"), "naïve\ncafé\n", "1 line is Windows-1252"),
        (STEP.encode() + b"bad \xff byte\n", STEP + "bad � byte\n", "1 byte is not UTF-8"),
        (STEP.encode() + b"bad \x81 byte\n", STEP + "bad � byte\n", "1 byte is not UTF-8"),
        (STEP.encode() + "中文".encode() + b"\xfe\xff", STEP + "中文��", "2 bytes are not UTF-8"),
        ("安装说明".encode()[:-1], "安装说�", "1 byte is not UTF-8"),
    ],
)
def test_what_is_broken_costs_itself_alone(raw: bytes, text: str, told: str) -> None:
    found, notes = decode(raw)
    assert found == text
    assert [told in note for note in notes] == [True] * bool(told)


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "cp932", "euc_jp", "cp949"])
def test_a_broken_line_costs_one_sign(encoding: str) -> None:
    text = "\n".join(TEXTS[encoding])
    found, notes = decode(text.encode(encoding) + b"\nbroken \xff line\n" + text.encode(encoding))
    assert found == f"{text}\nbroken � line\n{text}"
    assert "1 byte is not" in notes[0]


def test_a_broken_byte_costs_a_sign_and_is_told() -> None:
    text, notes = decode("请先下载，然后安装驱动。".encode("gbk") * 20 + b"\xff\n")
    assert text.startswith("请先下载，然后安装驱动。")
    assert "not GB18030" in notes[0]


@pytest.mark.parametrize("least", [0, 32])
def test_bytes_that_are_no_text_are_refused(least: int) -> None:
    dice = random.Random(17)
    refused = 0
    for _ in range(20):
        try:
            decode(bytes(dice.randrange(least, 256) for _ in range(600)))
        except LoadError as error:
            assert "Shift-JIS" in str(error)  # noqa: PT017
            refused += 1
    assert refused == 20


@pytest.mark.slow
def test_a_program_is_refused_though_its_bytes_stand_in_order() -> None:
    for raw in (b"\x7fELF" + bytes(range(256)) * 500, b"\0\1\2 half written", b"\0\1\2"):
        with pytest.raises(LoadError, match="not text"):
            decode(raw)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "line",
    ["A gate opens at dawn.\n", "闸门在黎明打开，夜里关上。\n", "闸门在黎明打开，夜里关上。", "Ворота.\n"],
)
def test_long_text_in_utf_16_without_a_mark_is_read_whole(line: str, encoding: str) -> None:
    text = line * 12_000
    assert decode(text.encode(encoding)) == (text, ())


def test_a_cut_end_of_utf_16_without_a_mark_is_told() -> None:
    text, notes = decode(("A gate opens at dawn.\n" * 4_000).encode("utf-16-le")[:-1])
    assert text.endswith("at dawn.�")
    assert notes == ("some bytes are not UTF-16-LE; they are shown as �",)


_MIDDLE = (
    "A tűzoltó készülék a bejárat mellett függ. Évente ellenőrizzük a nyomást és a szelepet.",
    "Poarta se deschide în zori şi se închide seara. Paznicul ţine cheia lângă uşă şi scrie ora în caiet.",
    "Brama otwiera się o świcie, a wieczorem strażnik ją zamyka. Klucz leży w szafce obok wejścia.",
    "Brána se otevírá za úsvitu a večer ji hlídač zavře. Klíč leží ve skříňce u dveří.",
)


@pytest.mark.parametrize("times", [1, 60])
@pytest.mark.parametrize("encoding", ["cp1250", "iso8859_2"])
@pytest.mark.parametrize("text", _MIDDLE)
def test_pages_of_central_europe_are_read(text: str, encoding: str, times: int) -> None:
    page = f"{text}\n" * times
    assert decode(page.encode(encoding)) == (page, ())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8_r", "ЗАМЕЧАНИЯ"), ("koi8_r", "СОДЕРЖАНИЕ РАЗДЕЛА"), ("koi8_r", "УВЕДОМЛЕНИЕ"),
        ("cp1251", "Новый подъезд"), ("cp1251", "длинный чёрный"), ("cp1250", "Přílohy"),
        ("cp1250", "hűtőgép"),
        ("cp1252", "São Tomé"), ("cp1252", "Coût élevé"), ("cp1252", "Sûreté"), ("cp1252", "amanhã"),
        ("cp1252", "Ações e opções"), ("cp1252", "un nº 12"), ("cp1252", "Prøve på dansk"),
        ("cp1252", "Søen"),
        ("cp1252", "goûter, brûler"), ("cp1252", "À bientôt, où êtes-vous ?"), ("cp1254", "Giriş"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", GUIDE])
def test_a_title_is_read_in_its_letters(encoding: str, text: str, before: str) -> None:
    page = f"{before}{text}\n"
    assert decode(page.encode(encoding)) == (page, ())
