"""Every sentence stands once, in both languages, and asks for the same values in both."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from pathlib import Path

import pytest

import bot.messages
from bot.messages import SENTENCES, because_ignored, say
from bot.messages.indexing import reason_in


def rooms() -> dict[str, dict[str, tuple[str, str]]]:
    """The sentences of each module of the room."""
    names = [module.name for module in pkgutil.iter_modules(bot.messages.__path__)]
    modules = {name: importlib.import_module(f"bot.messages.{name}") for name in names}
    return {name: module.SENTENCES for name, module in modules.items() if name != "sentences"}


def test_every_sentence_of_every_module_can_be_said_and_stands_in_one_module() -> None:
    names = [name for sentences in rooms().values() for name in sentences]
    assert sorted(names) == sorted(SENTENCES)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_ask_for_the_same_values() -> None:
    for name, (chinese, english) in SENTENCES.items():
        assert chinese.strip(), name
        assert english.strip(), name
        assert placeholders(chinese) == placeholders(english), name


def test_a_sentence_is_said_in_the_language_asked_for_and_english_otherwise() -> None:
    assert say("busy", "zh", position=3).startswith("前面还有 3")
    assert say("busy", "fr", position=3).startswith("3 questions")
    assert because_ignored("empty", "en") == say("ignored_empty", "en")
    assert "of a new kind" in because_ignored("of a new kind", "en")


def test_an_unknown_sentence_and_a_missing_value_are_errors() -> None:
    with pytest.raises(KeyError):
        say("no_such_sentence", "en")
    with pytest.raises(KeyError):
        say("busy", "en")


@pytest.mark.parametrize(
    ("remark", "chinese"),
    [
        ("docs: a/b.md: holds no text", "docs: a/b.md: 没有文字"),
        (
            "docs: big.pdf: larger than 20 MB; split it or exclude it",
            "docs: big.pdf: 超过 20 MB；请拆开，或用 exclude 排除",
        ),
        ("docs: x.json: not valid json: Expecting value", "docs: x.json: 不是有效的 json（Expecting value）"),
        (
            "wiki: 薪酬: 1770032: no permission; share the document with the app: ... > More > "
            "Add document app",
            "wiki: 薪酬: 1770032: 没有权限；请打开文档的“...” > 更多 > 添加文档应用，把应用加进去",
        ),
        (
            "docs: odd.md: 1 line is GB18030, the others UTF-8; all are read",
            "docs: odd.md: 1 行是 GB18030 编码，其余是 UTF-8，都已读取",
        ),
        ("docs: odd.md: 2 bytes are zero; they are shown as �", "docs: odd.md: 2 个字节是零，显示为 �"),
        ("site: a/b: HTTP 429", "site: a/b: 网站返回 HTTP 429"),
        (
            "site: plan: the page is not text (application/pdf)",
            "site: plan: 不是文字（application/pdf）",
        ),
        ("site: c: the site's robots.txt does not allow it", "site: c: 网站的 robots.txt 不允许读取"),
        ("docs: odd.md: nobody foresaw this", "docs: odd.md: nobody foresaw this"),
    ],
)
def test_why_a_page_was_not_read_is_said_in_the_readers_language(remark: str, chinese: str) -> None:
    assert reason_in("zh", remark) == chinese
    assert reason_in("en", remark) == remark


def test_every_reason_that_the_index_gives_by_a_fixed_text_is_known_in_chinese() -> None:
    root = Path(__file__).resolve().parents[1]
    texts = [file.read_text("utf-8") for file in (root / "index/sources").rglob("*.py")]
    fixed = {found for text in texts for found in re.findall(r'raise LoadError\("([^"{]+)"\)', text)}
    own = {one for one in fixed if "process that reads" not in one and not one.startswith("index.sources")}
    unknown = {one for one in own if reason_in("zh", one) == one}
    assert len(own) > 5
    assert unknown <= {
        "damaged: it has no body",
        "question-answer pairs are read from .csv, .tsv, .json and .jsonl",
    }


def test_one_document_is_no_documents() -> None:
    sentence = say("reindex_dry_summary", "en", documents=1, chunks=1)
    assert sentence.startswith("The sources hold 1 document, 1 chunk;")
    assert "21 documents, 11 chunks" in say("reindex_dry_summary", "en", documents=21, chunks=11)
    assert "3.1 chunks" not in say("reindex_dry_summary", "en", documents=2, chunks=1)
