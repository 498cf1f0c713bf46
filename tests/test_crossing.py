"""A question in one language, the answer on a page in the other: found by the words of the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import EmbedderSettings
from index.build.assemble import assemble
from index.gate.features import FEATURES, Reading, features, read
from index.gate.gate import Gate
from index.gate.model import shipped_model
from index.gate.reference import evidence_of
from index.search.embed import Embedder, open_embedder
from index.search.fusion import Weights
from index.search.searcher import Searcher
from index.search.store.crossing import Crossing
from index.search.store.like_words import NO_WORDS
from index.text.chinese import has_chinese
from index.text.document import Document
from index.text.glossary import covers
from index.text.split import split
from index.text.terms import terms
from worker.finding.asked import read_question
from worker.finding.features import share_of
from worker.finding.reading import read_pages

ENGLISH = {
    "oven.md": "# Oven\n\nThe oven is preheated for ten minutes before the bread goes in.\n",
    "fridge.md": "# Fridge\n\nMilk and butter are thrown away after the expiry date on the label.\n",
    "floor.md": "# Floor\n\nThe floor is washed every evening with hot water and vinegar.\n",
    "guests.md": "# Guests\n\nA guest with an allergy gets a separate plate from the cook.\n",
}
CHINESE = {
    "烤箱.md": "# 烤箱\n\n面包放进去之前，烤箱要预热十分钟。\n",
    "冰箱.md": "# 冰箱\n\n牛奶和黄油过了标签上的日期就扔掉。\n",
    "地板.md": "# 地板\n\n每天晚上用热水和醋清洗地板。\n",
    "客人.md": "# 客人\n\n客人过敏时，厨师给他单独的盘子。\n",
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(EmbedderSettings())


def searcher(pages: dict[str, str], embedder: Embedder, folder: Path) -> Searcher:
    documents = [
        Document(
            "kitchen", path, text.split("\n")[0][2:], text, "", "zh" if has_chinese(text) else "en", 0.0, path
        )
        for path, text in pages.items()
    ]
    chunks = [chunk for document in documents for chunk in split(document)]
    return Searcher(assemble(documents, chunks, embedder, folder)[0], embedder)


@pytest.mark.parametrize(
    ("pages", "question", "path", "words"),
    [
        (ENGLISH, "客人对鸡蛋过敏怎么办", "guests.md", {"guest", "allergy"}),
        (ENGLISH, "牛奶和黄油什么时候扔掉", "fridge.md", {"milk", "thrown"}),
        (CHINESE, "what if a guest has an allergy", "客人.md", {"客人", "过敏"}),
        (CHINESE, "how do I clean the floor", "地板.md", {"地板"}),
    ],
)
def test_the_page_in_the_other_language_is_found_by_its_words(
    pages: dict[str, str], question: str, path: str, words: set[str], embedder: Embedder, tmp_path: Path
) -> None:
    kitchen = searcher(pages, embedder, tmp_path)
    lookup = kitchen.look_up(question)
    assert words <= set(lookup.translations)
    for weights in (Weights(), Weights().lexical_only()):
        best = kitchen.rank(lookup, kitchen.fuse(lookup, weights), 1)[0]
        assert kitchen.chunks[best].path == path


@pytest.mark.parametrize(
    ("question", "word", "piece"),
    [
        ("面包怎么烤", "bread", "packag"),
        ("行李放哪里", "luggag", "row"),
        ("头发掉进菜里怎么办", "hair", "head"),
    ],
)
def test_a_sign_of_the_glossary_inside_a_word_is_not_that_word(
    question: str, word: str, piece: str, embedder: Embedder, tmp_path: Path
) -> None:
    pages = {
        **ENGLISH,
        "porter.md": "# Porter\n\nLuggage stays at the door. Hair is covered in the kitchen.\n",
    }
    found = searcher(pages, embedder, tmp_path).crossing.terms(question)
    assert word in found
    assert piece not in found


@pytest.mark.parametrize(
    ("word", "told"),
    [("包", True), ("安装", True), ("安装配置", True), ("面包", False), ("书包", False), ("", False)],
)
def test_what_the_glossary_covers(word: str, told: bool) -> None:
    assert covers(word) is told


def test_each_word_counts_as_much_as_it_is_sure(embedder: Embedder, tmp_path: Path) -> None:
    kitchen = searcher(ENGLISH, embedder, tmp_path)
    lookup = kitchen.look_up("客人对鸡蛋过敏怎么办")
    terms = kitchen.crossing.terms(lookup.query)
    assert terms
    assert all(0 < worth <= 1 for worth in terms.values())
    lexical, halves = kitchen.lexical, dict.fromkeys(terms, 0.5)
    whole = lexical.scores(terms.keys(), lookup.rows).text
    assert lexical.scores(halves, lookup.rows).text.tolist() == pytest.approx((whole / 2).tolist())
    assert lexical.rarity(halves) == pytest.approx(lexical.rarity(terms.keys()) / 2)


def test_documents_of_one_language_are_asked_in_it_alone(embedder: Embedder, tmp_path: Path) -> None:
    kitchen = searcher(ENGLISH, embedder, tmp_path)
    assert kitchen.crossing.terms("what if a guest has an allergy") == {}


def test_a_version_without_words_has_the_glossary(embedder: Embedder) -> None:
    assert Crossing(NO_WORDS, embedder, 0.5).terms("怎么安装").keys() >= {"install"}


ROOMS = {
    "门禁.md": "# 门禁\n\n门禁卡在前台领取，离职那天交回。\n",
    "机房.md": "# 机房\n\n机房的空调坏了，打电话给值班的人。\n",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pages", "question", "word"),
    [
        (ENGLISH, "客人对鸡蛋过敏怎么办", "allergy"),
        ({**ENGLISH, **ROOMS}, "客人对鸡蛋过敏怎么办", "allergy"),
        (CHINESE, "what if a guest has an allergy", "过敏"),
    ],
)
def test_the_gate_knows_what_only_the_other_language_says(
    pages: dict[str, str], question: str, word: str, embedder: Embedder, tmp_path: Path
) -> None:
    kitchen = searcher(pages, embedder, tmp_path)
    evidence, lookup = evidence_of(kitchen), kitchen.look_up(question)
    crossed = read(question, lookup.vector, kitchen, crossed=True)
    assert crossed.crossed
    assert word in crossed.found.terms
    assert not [term for term in crossed.found.terms if has_chinese(term) == has_chinese(question)]
    plain = features(question, Reading(question, lookup), lookup.vector, kitchen, evidence)
    decision = Gate(shipped_model(), kitchen, evidence).decide(question, [], True, lookup=lookup)
    (typical,) = (reason.value for reason in decision.reasons if reason.feature == "typical")
    assert typical > plain[FEATURES.index("typical")]


@pytest.mark.slow
def test_the_gate_reads_a_message_as_it_stands_where_its_own_pages_answer(
    embedder: Embedder, tmp_path: Path
) -> None:
    kitchen = searcher({**ENGLISH, **ROOMS}, embedder, tmp_path)
    question = "门禁卡在哪里领取"
    lookup = kitchen.look_up(question)
    plain = features(question, Reading(question, lookup), lookup.vector, kitchen, evidence_of(kitchen))
    decision = Gate(shipped_model(), kitchen).decide(question, [], True, lookup=lookup)
    values = {reason.feature: reason.value for reason in decision.reasons}
    assert [values[name] for name in FEATURES] == pytest.approx(list(plain))


@pytest.mark.parametrize(
    ("pages", "question", "answer"),
    [
        (ENGLISH, "客人对鸡蛋过敏怎么办", "separate plate"),
        (CHINESE, "what if a guest has an allergy", "单独的盘子"),
    ],
)
def test_words_of_the_other_language_count_as_those_of_the_question(
    pages: dict[str, str], question: str, answer: str, embedder: Embedder, tmp_path: Path
) -> None:
    kitchen = searcher(pages, embedder, tmp_path)
    lookup = kitchen.look_up(question)
    reading = read_pages(kitchen, lookup, kitchen.search(question, 4, lookup), None)
    assert answer in reading.candidates[0].atom.text
    assert not reading.asked.unknown & {"客人", "过敏", "guest", "allergy"}
    text = frozenset(terms(reading.candidates[0].atom.text))
    assert share_of(reading.asked, text) > 0.4


def test_a_word_that_no_language_has_stays_unknown() -> None:
    known = frozenset({"oven", "install"}).__contains__
    near = {"烤箱": {"oven": 0.5}, "zookeeper": {"oven": 0.1}}
    asked = read_question("zookeeper 的烤箱怎么安装", lambda _: 2.0, known, near)
    assert asked.like["烤箱"]["oven"] == pytest.approx(0.5 / 0.7)
    assert asked.like["安装"]["install"] == 1
    assert "zookeeper" in asked.unknown
    assert not asked.unknown & {"烤箱", "安装"}
