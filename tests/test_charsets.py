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
    "utf-32": (*SIMPLIFIED, *WESTERN),
    "utf-16-le": (*SIMPLIFIED[2:], *JAPANESE[:2], *KOREAN, *WESTERN, "plain words\n"),
    "utf-16-be": (*SIMPLIFIED[2:], *TRADITIONAL, *RUSSIAN, "plain words\n"),
}


@pytest.mark.parametrize(
    ("encoding", "text"), [(encoding, text) for encoding, texts in TEXTS.items() for text in texts]
)
def test_a_line_is_read_in_its_encoding(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == (text, ())


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_document_is_read_in_its_encoding(encoding: str) -> None:
    text = "\n\n".join(TEXTS[encoding]) + "\n"
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
