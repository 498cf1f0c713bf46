"""Verbs as people say them are looked for as the documents write them, and only where these lack them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.search.versions import open_current
from index.text.spoken import written

KNOWN = {"移除": 2, "删除": 5, "关闭": 3, "挂掉": 1, "崩溃": 9, "安装": 2}


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("怎么把阀门的记录删掉", "怎么把阀门的记录删除"),
        ("灯怎么关掉？", "灯怎么关闭？"),
        ("水泵挂掉了", "水泵挂掉了"),
        ("旧的怎么换掉", "旧的怎么换掉"),
        ("删除和移除", "删除和移除"),
        ("turn off the lamp", "turn off the lamp"),
        ("记录能删吗", "记录能删除吗"),
        ("灯能关灯泡吗", "灯能关灯泡吗"),
        ("删旧的还是删新的", "删旧的还是删新的"),
        ("怎么装插件", "怎么安装插件"),
        ("linux 能装吗", "linux 能安装吗"),
        ("", ""),
    ],
)
def test_a_spoken_verb_is_read_as_the_documents_write_it(question: str, meant: str) -> None:
    assert written(question, lambda word: KNOWN.get(word, 0)) == meant


@pytest.mark.slow
def test_a_page_is_found_by_a_verb_that_it_does_not_have(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.md").write_text("# 浇水记录\n\n## 删除记录\n\n在设置里删除一条记录。\n", "utf-8")
    (pages / "b.md").write_text("# 掉线\n\n水泵掉电以后要重新配对。\n", "utf-8")
    settings = Settings(index=IndexSettings(dir=tmp_path / "index", sources=(SourceSettings(path=pages),)))
    build(settings)
    searcher = open_current(settings)
    assert searcher.spelt("记录怎么删掉") == "记录怎么删除"
    assert searcher.search("记录怎么删掉", 1)[0].chunk.path == "a.md"
