"""Words of the documents that stand for a stranger's words: by what they mean, in either language."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import EmbedderSettings
from index.search.embed import Embedder, open_embedder
from index.search.store.like_words import NO_WORDS, SURE, LikeWords, Spellings
from index.search.store.stayed import marks_of
from index.text.document import Document
from index.text.split import split
from worker.finding.asked import read_question
from worker.finding.sections import with_starts
from worker.finding.shares import share_of

TEXT = """
# Leave

Employees whose children are sick stay at home. A spouse is covered too. 临时实例会被自动摘除。
备份文件保存在服务器上。The storehouse keeps lamps, barrels, ropes, anchors and charts.
"""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(EmbedderSettings())


@pytest.fixture(scope="module")
def like(embedder: Embedder) -> LikeWords:
    chunks = split(Document("docs", "a.md", "Leave", TEXT, "", "en", 0.0, "digest"))
    words = Spellings(chunks, marks_of(chunks)).vocabulary()
    return LikeWords(list(words), embedder.embed(list(words.values())))


@pytest.mark.parametrize(
    ("question", "asked", "meant"),
    [
        ("my kids have a cold", "kid", "children"),
        ("is my wife insured", "wife", "spous"),
        ("实例摘掉了吗", "摘掉", "摘除"),
        ("where is the backup", "backup", "备份"),
    ],
)
def test_a_word_of_the_documents_stands_for_it(
    like: LikeWords, embedder: Embedder, question: str, asked: str, meant: str
) -> None:
    near = like.near(question, embedder)[asked]
    assert 0 < near[meant] <= SURE
    assert near[meant] == max(near.values())


def test_an_atom_with_the_other_word_has_a_share_of_the_question(like: LikeWords, embedder: Embedder) -> None:
    known = like.terms.__contains__
    near = like.near("kids", embedder)
    words = with_starts(["children", "stay"])
    without = share_of(read_question("kids", lambda _: 1.0, known), words)
    assert without < share_of(read_question("kids", lambda _: 1.0, known, near), words) < 1


def test_they_are_kept_with_the_version(like: LikeWords, embedder: Embedder, tmp_path: Path) -> None:
    like.save(tmp_path)
    again = LikeWords.load(tmp_path)
    assert again.terms == like.terms
    assert again.near("my kids", embedder) == like.near("my kids", embedder)


def test_a_version_of_an_older_release_has_none(embedder: Embedder, tmp_path: Path) -> None:
    assert LikeWords.load(tmp_path).near("my kids", embedder) == {}
    NO_WORDS.save(tmp_path)
    assert LikeWords.load(tmp_path).near("my kids", embedder) == {}
