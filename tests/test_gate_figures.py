"""The arithmetic below the gate: logistic regression, operating points, figures, labels, contrast."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from bot.config.settings import RedisSettings, Settings
from bot.errors import ConfigError, QueueUnavailable
from index.build.build import assemble
from index.gate.evidence import UNKNOWN, Evidence
from index.gate.examined_message import ExaminedMessage, direction
from index.gate.features import FEATURES, Reading, features, read, search_for_gate, typicality
from index.gate.logistic import fit_logistic, logit_of, sigmoid
from index.gate.memory import Memory, fit_memory
from index.gate.reference import evidence_of, foreign_questions, small_talk
from index.search.searcher import Searcher
from index.text.document import Document
from index.text.general_words import LEAST, open_general_words
from index.text.split import Chunk, split
from index.training.calibrate import learned_labels
from index.training.evaluate_retrieval import read_queries
from index.training.examples import CHINESE_ELSEWHERE, LATIN_ELSEWHERE, estranged
from index.training.labels import FEEDBACK_WEIGHT, known_questions, learned, read_questions
from index.training.operating_points import area_under_curve, choose_points, curve, figures
from tests.index_files import CHINESE, MARKDOWN, WordEmbedder


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    rows = [("kv_quant.md", "KV cache", MARKDOWN, "en"), ("install.md", "安装", CHINESE, "zh")]
    return [
        chunk
        for path, title, text, language in rows
        for chunk in split(Document("handbook", path, title, text, "", language, 0.0, path))
    ]


@pytest.fixture(scope="module")
def searcher(chunks: list[Chunk], tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return over(chunks, tmp_path_factory.mktemp("index"))


def over(chunks: list[Chunk], folder: Path) -> Searcher:
    """A searcher over some chunks, by an embedder that knows words only."""
    embedder = WordEmbedder()
    return Searcher(assemble([], chunks, embedder, folder)[0], embedder)


@pytest.fixture(scope="module")
def evidence(chunks: list[Chunk]) -> Evidence:
    return Evidence.build(chunks)


def labelled(seed: int, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, 4)) * [1, 5, 0.1, 1] + [0, 3, 0, 0]
    labels = (sigmoid(2 * rows[:, 0] - 0.5 * (rows[:, 1] - 3)) > generator.random(count)).astype(float)
    return rows, labels


@pytest.mark.slow
def test_the_fit_is_the_one_of_scikit_learn() -> None:
    rows, labels = labelled(1)
    ours = fit_logistic(rows, labels, ridge=2.0)
    from sklearn.linear_model import LogisticRegression  # takes its time to be imported

    theirs = LogisticRegression(C=0.5, tol=1e-8).fit(ours.standardised(rows), labels)
    assert ours.weights == pytest.approx(theirs.coef_[0], abs=1e-3)
    assert ours.bias == pytest.approx(theirs.intercept_[0], abs=1e-3)


def test_an_offset_that_knows_everything_is_left_alone() -> None:
    rows, labels = labelled(2)
    known = fit_logistic(rows, labels, ridge=1.0)
    moved = fit_logistic(rows, labels, ridge=100.0, offset=known.logit(rows), scaled_by=known)
    assert np.abs(moved.weights).max() < 0.05
    assert known.contributions(rows[0]).sum() + known.bias == pytest.approx(float(known.logit(rows[0])))


def test_separable_and_far_rows_stay_finite() -> None:
    rows, labels = np.array([[0.0], [1.0], [0.0], [1.0]]), np.array([0.0, 1.0, 0.0, 1.0])
    fitted = fit_logistic(rows, labels, ridge=1.0, offset=np.array([30.0, -30.0, 30.0, -30.0]))
    assert np.isfinite(fitted.weights).all()
    assert abs(float(fitted.logit(np.array([1e9])))) < 1e3


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_area_and_curve_agree_with_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in rows])
    labels = np.array([float(good) for _, good in rows])
    if 0 < labels.sum() < len(labels):
        from sklearn.metrics import roc_auc_score

        assert area_under_curve(scores, labels) == pytest.approx(roc_auc_score(labels, scores))
    thresholds, precision, recall = curve(scores, labels)
    for threshold, p, r in zip(thresholds, precision, recall, strict=True):
        measured = figures(scores, labels, threshold)
        assert (measured["precision"], measured["recall"]) == pytest.approx((p, r))


def test_points_are_in_order_and_keep_their_promises() -> None:
    rows, labels = labelled(3, 2000)
    logits = 2 * rows[:, 0] - 0.5 * (rows[:, 1] - 3)
    points, at_balanced = choose_points(logits, labels, None)
    assert points["eager"] <= points["balanced"] <= points["quiet"]
    assert figures(logits, labels, float(logit_of(points["quiet"])))["precision"] >= 0.9
    assert figures(logits, labels, float(logit_of(points["eager"])))["recall"] >= 0.92
    best = max(figures(logits, labels, threshold)["f1"] for threshold in logits[:200])
    assert at_balanced["f1"] >= best - 0.02
    few = choose_points(logits[:30], labels[:30], {"quiet": 0.9, "balanced": 0.4, "eager": 0.2})[0]
    assert 0.2 < few["balanced"] < 0.6


def test_evidence_counts_words_and_survives_the_disk(evidence: Evidence, tmp_path: Path) -> None:
    assert evidence.word("quantizat") == UNKNOWN or evidence.word("quantizat").chunks
    assert evidence.word("安装").headings > 0
    assert evidence.word("红烧肉") == UNKNOWN
    evidence.save(tmp_path / "kept.npz")
    kept = Evidence.load(tmp_path / "kept.npz")
    assert kept.vocabulary == evidence.vocabulary
    assert kept.word("安装") == evidence.word("安装")
    assert kept.total_pieces == evidence.total_pieces


def test_typical_words_are_frequent_here_and_rare_elsewhere(evidence: Evidence) -> None:
    found = ("安装", "the", "红烧肉")
    ratios = typicality(found, [evidence.word(term) for term in found], evidence)
    assert ratios[0] > 1
    assert ratios[2] == -9.0
    background = open_general_words()
    assert background.word("的") > background.word("量化") >= LEAST


@pytest.mark.slow
@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_message_has_finite_numbers(searcher: Searcher, evidence: Evidence, message: str) -> None:
    clean = message.encode("utf-8", "replace").decode()
    numbers = numbers_of(clean, searcher, evidence)
    assert numbers.shape == (len(FEATURES),)
    assert np.isfinite(numbers).all()


def numbers_of(message: str, searcher: Searcher, evidence: Evidence) -> np.ndarray:
    vector = searcher.embedder.embed([message])[0]
    return features(message, read(message, vector, searcher), vector, searcher, evidence)


def test_a_chinese_question_reaches_english_documents(chunks: list[Chunk], tmp_path: Path) -> None:
    english = [chunk for chunk in chunks if chunk.language == "en"]
    evidence, searcher = Evidence.build(english), over(english, tmp_path)
    assert not evidence.knows_chinese
    question = "怎么量化缓存来节省显存"
    vector = searcher.embedder.embed([question])[0]
    alone = search_for_gate(question, vector, searcher)
    plain = features(question, Reading(question, alone), vector, searcher, evidence)
    bridged = numbers_of(question, searcher, evidence)
    column = FEATURES.index("typical")
    assert bridged[column] > plain[column]
    assert Evidence.build(chunks).knows_chinese


@pytest.mark.slow
def test_foreign_questions_set_the_zero_of_the_numbers_by_language(
    searcher: Searcher, evidence: Evidence, tmp_path: Path
) -> None:
    measured = evidence_of(searcher)
    assert measured.reference.means.shape == (4, len(FEATURES))
    for message, row in (("怎么安装", 0), ("how to quantize", 1)):
        shift = numbers_of(message, searcher, evidence) - numbers_of(message, searcher, measured)
        shift[FEATURES.index("talk")] = 0.3 * measured.reference.means[row][FEATURES.index("talk")]
        assert shift == pytest.approx(0.3 * measured.reference.means[row])
    measured.save(tmp_path / "kept.npz")
    kept = Evidence.load(tmp_path / "kept.npz").reference
    assert kept.means == pytest.approx(measured.reference.means)
    assert len(kept.talk) == len(small_talk()) > 50
    assert len(kept.asked) == len(foreign_questions()) > 100


def test_a_question_about_an_unknown_product_shows_as_such(searcher: Searcher, evidence: Evidence) -> None:
    column = FEATURES.index("unknown")
    strange = numbers_of("how to resize a zookeeper quorum", searcher, evidence)[column]
    assert strange > numbers_of("how to quantize the KV cache", searcher, evidence)[column] + 1


def test_twins_lose_the_words_of_the_documents(evidence: Evidence) -> None:
    twin = estranged("怎么安装 quant_policy 呢", evidence, random.Random(0))
    assert "quant_policy" not in twin
    assert twin.startswith("怎么")
    assert any(word in twin for word in CHINESE_ELSEWHERE + LATIN_ELSEWHERE)
    assert estranged("今天吃红烧肉", evidence, random.Random(0)) == "今天吃红烧肉"


@pytest.mark.slow
def test_memory_knows_what_sounds_alike(tmp_path: Path) -> None:
    good = [f"how to install the {word} module" for word in ("cache", "queue", "index", "card", "token")]
    bad = [f"lunch with {name} today haha" for name in ("anna", "bob", "carl", "dora", "emil")]
    embedder = WordEmbedder()
    labels = np.array([1.0] * 5 + [0.0] * 5)

    def case(text: str) -> ExaminedMessage:
        vector = embedder.embed([text])[0]
        return ExaminedMessage(text, np.array([float("the" in text), 1.0]), vector, vector)

    memory = fit_memory([case(text) for text in good + bad], labels, np.ones(10), embedder.name)
    asked, chat = case("how to install the gate module"), case("lunch with fay today haha")
    assert memory.score(asked) > 0.2 > -0.2 > memory.score(chat)
    assert memory.score(asked) == memory.by_message(asked) + memory.by_documents(asked)
    assert memory.by_documents(case(good[0]), without_itself=True) < memory.by_documents(case(good[0]))
    memory.save(tmp_path / "memory.npz")
    assert Memory.load(tmp_path / "memory.npz").score(asked) == pytest.approx(memory.score(asked), abs=1e-4)


def test_the_direction_is_where_the_words_lead(chunks: list[Chunk], searcher: Searcher) -> None:
    vectors = np.eye(len(chunks), 20, dtype=np.float32)
    nowhere = np.zeros(searcher.embedder.dimensions, dtype=np.float32)
    leads = direction(search_for_gate("quant_policy", nowhere, searcher), vectors.__getitem__)
    assert np.linalg.norm(leads) == pytest.approx(1, abs=1e-5)
    assert "quant_policy" in chunks[int(np.argmax(leads))].text
    assert not direction(search_for_gate("红烧肉", nowhere, searcher), vectors.__getitem__).any()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "JSON object"),
        ("[1]", "JSON object"),
        ('{"text": "x"}', "label must be 1"),
        ('{"text": "x", "label": 3}', "label must be 1"),
        ('{"text": "x", "label": "yes"}', 'label must be 1 .worth answering. or 0, not "yes"'),
        ('{"text": ["x"], "label": 1}', "text: must be the message"),
        ('{"text": "x", "lable": 1}', "lable: no such field; did you mean label"),
        ('{"text": "x", "label": 1, "weight": -1}', "weight: must be a number above 0"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a", "text": "ok", "label": 1}\n' + line + "\n", "utf-8")
    with pytest.raises(ConfigError, match=complaint) as raised:
        read_questions(file)
    assert "rows.jsonl:2" in str(raised.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"query": 5, "relevant": ["a.md"]}', "query: must be the question"),
        ('{"query": "x", "relevant": "a.md"}', "relevant: needs a list of paths"),
        ('{"query": "x", "relevent": ["a.md"]}', "relevent: no such field; did you mean relevant"),
    ],
)
def test_a_wrong_query_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text(line, "utf-8")
    with pytest.raises(ConfigError, match=r"queries\.jsonl:1: " + complaint):
        read_queries(file)


def test_files_that_are_missing() -> None:
    assert known_questions([Path("nowhere.jsonl")]) == []
    with pytest.raises(ConfigError, match="no such file"):
        read_questions(Path("nowhere.jsonl"))


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes('{"text": "怎么安装", "query": "怎么安装"}'.encode("gb18030"))
    with pytest.raises(ConfigError, match=r"rows\.jsonl: cannot be read .* in UTF-8 of rows id, text, label"):
        read_questions(file)
    with pytest.raises(ConfigError, match=r"rows\.jsonl: cannot be read .* of rows query, relevant"):
        read_queries(file)


def test_a_redis_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(QueueUnavailable, match=r"//127\.0\.0\.1:1/0 does not answer") as raised:
        learned_labels(Settings(redis=RedisSettings(url="redis://:hunter2@127.0.0.1:1/0")))
    assert "hunter2" not in str(raised.value)


def test_labels_of_a_group_are_read_from_redis(redis: Redis) -> None:
    redis.hset("fennel:examples", "om_1", json.dumps({"text": "怎么安装", "label": 1, "group": "oc_a"}))
    for message, presses in (
        ("om_1", ["not_helpful"]),
        ("om_2", ["helpful"]),
        ("om_3", ["helpful", "reason"]),
    ):
        redis.set(f"fennel:trace:{message}", json.dumps({"question": f"question {message}"}))
        for person, kind in enumerate(presses):
            redis.hset(f"fennel:feedback:{message}", f"ou_{person}", json.dumps({"kind": kind}))
    found = {example.id: example for example in learned(redis)}
    assert (found["om_1"].label, found["om_1"].weight, found["om_1"].group) == (1, 1.0, "oc_a")
    assert (found["om_2"].label, found["om_2"].weight) == (1, FEEDBACK_WEIGHT)
    assert "om_3" not in found
