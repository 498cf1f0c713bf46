"""Questions of which version of something is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.search.versions import open_current
from tests.reading_here import read_here  # noqa: F401
from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.forms.needed import UNDEMANDED, needed_of, needed_query, tells_version
from worker.finding.reading import read_pages
from worker.prompts import Prompts


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("which PHP do I need", "php"),
        ("what python version does the kiln need?", "python"),
        ("minimum go version", "go"),
        ("which version of node is supported", "node"),
        ("安装窑炉需要什么 php 版本", "php"),
        ("2.22要哪个java版本", "java"),
        ("用哪个版本的 python 才行", "python"),
        ("mysql最低要什么版本", "mysql"),
        ("python 版本要求是多少", "python"),
        ("which plan do I need", ""),
        ("which version should I use", ""),
        ("what is the latest stable version", ""),
        ("what version of the kiln is this", ""),
        ("how do I pin the python version of a project", ""),
        ("docker版怎么升到新版本", ""),
        ("升级到哪个版本最稳", ""),
    ],
)
def test_what_is_asked_the_needed_version_of(question: str, name: str) -> None:
    assert needed_of(question) == name


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("php", "PHP >= 8.2", 1.0),
        ("php", "| PHP | **PHP 8.1+** |", 1.0),
        ("python", "请确保你的 Python 版本 >= 3.9", 1.0),
        ("python", "需要注意的是，仅支持 **Python 3.9 以上版本**", 1.0),
        ("java", "2.21 以上版本：**JRE 21**", 1.0),
        ("node", "Requires Node.js 20 or newer.", 1.0),
        ("node", "- Install [Node.js](https://nodejs.org/) version `^22.18.0`", UNDEMANDED),
        ("node", "已安装 `>=22.12.0` 版本的 [Node.js](https://nodejs.org/)", 1.0),
        ("jdk", "安装好 JDK，需要 1.8 及其以上版本", 1.0),
        ("go", "保证现有 Golang 版本 >= 1.19", 1.0),
        ("php", "使用 PHP 7.3 启动应用后遇到错误", UNDEMANDED),
        ("php", "box get php@8.1", 0.0),
        ("php", "Kiln 2.1 needs PHP.", 0.0),
        ("php", "窑炉的 php 版本插件在 v2.4.1 中改名", 0.0),
        ("php", "docker pull php:8.1", 0.0),
        ("python", "python3.9 -m venv x", 0.0),
        ("go", "We needed to go (again) 3 times", 0.0),
        ("mysql", "jdbc:mysql://127.0.0.1:3306/kiln", 0.0),
    ],
)
def test_what_says_it(name: str, text: str, told: float) -> None:
    assert tells_version(name, text) == told


def test_a_heading_that_demands_counts_for_what_stands_below() -> None:
    assert tells_version("php", "- PHP 8.2") == UNDEMANDED
    assert tells_version("php", "- PHP 8.2", "Server requirements") == 1.0


@pytest.mark.parametrize(
    ("question", "needed", "other", "language"),
    [
        (
            "which PHP version do I need for the kiln?",
            "PHP 8.1 or later must be there.",
            "The PHP plugin for the kiln bears a new name since 2.4.1 of the kiln.",
            "en",
        ),
        ("窑炉需要什么 php 版本", "PHP >= 8.2", "窑炉的 php 插件在 v2.4.1 中改名。", "zh"),
    ],
)
def test_it_is_quoted_before_other_versions(question: str, needed: str, other: str, language: str) -> None:
    excerpts = [
        Excerpt(number, "Kiln", text, ("Kiln", heading), score=0.0, language=language)
        for number, (heading, text) in enumerate([("News", other), ("Before", needed)], 1)
    ]
    quotes = choose(Prompts(question, excerpts, language).answer())
    assert needed in quotes[0][1]


def test_the_search_looks_for_what_must_be_there_in_the_language_of_the_question() -> None:
    assert "requirements" in needed_query("php", "en")
    assert "环境要求" in needed_query("php", "zh")


@pytest.mark.slow
def test_which_version_another_product_needs_is_read_in_the_others_pages(tmp_path: Path) -> None:
    for name, text in (
        ("kilnmaster", "# Kilnmaster\n\n## Before you begin\n\nGlazelib 2.0.1 or later must be there.\n"),
        ("glazelib", "# Glazelib\n\n## Install\n\nGlazelib 9.1 is the newest version; you need no other.\n"),
    ):
        (tmp_path / "docs" / name).mkdir(parents=True)
        (tmp_path / "docs" / name / "README.md").write_text(text, "utf-8")
    settings = Settings(
        index=IndexSettings(dir=tmp_path / "index", sources=(SourceSettings(path=tmp_path / "docs"),))
    )
    build(settings)
    searcher = open_current(settings)

    def read(question: str) -> set[str]:
        lookup = searcher.look_up(question)
        reading = read_pages(searcher, lookup, searcher.search(question, 8, lookup=lookup), None)
        return {one.section.excerpt.path for one in reading.candidates}

    assert read("which glazelib version does kilnmaster need") == {"kilnmaster/README.md"}
    assert "glazelib/README.md" in read("which glazelib version is the newest")
