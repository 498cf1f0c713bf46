"""What the gate promises: it answers what the documents know, declines the rest, and says why."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.config.settings import EmbedderSettings, GateSettings, Settings, SourceSettings
from bot.errors import ConfigError, IndexMismatch
from index.build.build import build
from index.gate.evidence import Evidence, kept_evidence
from index.gate.examined_message import ExaminedMessage
from index.gate.features import FEATURES
from index.gate.gate import Gate, evidence_file, open_evidence, open_gate
from index.gate.logistic import logit_of, sigmoid
from index.gate.model import POINTS, GateModel, GateStore, joined, read_model, shipped_model
from index.search.embed import Embedder, open_embedder
from index.search.searcher import Searcher
from index.search.versions import open_current
from index.training.calibrate import Calibration, calibrate, describe, fit_from_settings, roll_back
from index.training.evaluate_gate import evaluate, swap_accept
from index.training.examples import look_up_all, tabulate
from index.training.labels import Example, read_questions
from index.training.report import write_report
from tests.guide_index import settings_of_guide
from tests.index_files import settings_for

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[1] / "docs"
QUESTIONS = DOCS / "questions.jsonl"
KNOWN = ("怎么用 ngrok 在本地测试机器人？", "Which permissions does the Feishu app need?")
CHAT = ("今天中午吃什么？", "哈哈哈哈", "Who won the match last night?")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(EmbedderSettings())


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, guide_index: Path) -> Settings:
    """An index of Fennel's own guide, the gate fitted on the bundled questions; gates are applied to it."""
    folder = tmp_path_factory.mktemp("guide") / "index"
    shutil.copytree(guide_index, folder)
    return settings_of_guide(folder)


@pytest.fixture(scope="module")
def searcher(settings: Settings, embedder: Embedder) -> Searcher:
    return open_current(settings, embedder=embedder)


@pytest.fixture(scope="module")
def gate(settings: Settings, searcher: Searcher) -> Gate:
    return open_gate(settings, searcher)


@pytest.fixture(scope="module")
def shown(settings: Settings, searcher: Searcher, gate: Gate) -> Calibration:
    """A fit on the bundled questions, which is looked at and not applied."""
    return calibrate(settings, searcher, read_questions(QUESTIONS), apply=False)


@pytest.fixture(scope="module")
def remembering(settings: Settings, searcher: Searcher) -> GateModel:
    """A fit on so many labels that it has a memory."""
    rows = read_questions(QUESTIONS)
    again = [*[row for row in rows if row.label][:25], *[row for row in rows if not row.label][:25]]
    many = [*rows, *(replace(row, id=f"{row.id}-again", text=row.text + "呀") for row in again)]
    return calibrate(settings, searcher, many, apply=False).model


@pytest.mark.parametrize("question", KNOWN)
def test_answers_what_the_documents_know(gate: Gate, searcher: Searcher, question: str) -> None:
    lookup = searcher.look_up(question)
    decision = gate.decide(question, searcher.search(question, 5, lookup=lookup), False, lookup=lookup)
    assert decision.verdict == "answer"
    assert decision.probability > decision.threshold
    assert decision.reasons[0].weight > 0
    assert all(reason.text for reason in decision.reasons)


@pytest.mark.parametrize("chat", CHAT)
def test_declines_chat_even_when_mentioned(gate: Gate, chat: str) -> None:
    decision = gate.decide(chat, [], True)
    assert decision.verdict == "decline"
    assert min(reason.weight for reason in decision.reasons) < 0


def test_a_decision_needs_no_lookup_of_the_caller(gate: Gate, searcher: Searcher) -> None:
    question = KNOWN[0]
    given = gate.decide(question, [], False, lookup=searcher.look_up(question))
    assert gate.decide(question, [], False).probability == pytest.approx(given.probability)


@pytest.mark.parametrize("message", ["", "   ", "？？？", "[图片]", "\ud800", "a" * 5000])
def test_odd_messages_are_declined(gate: Gate, message: str) -> None:
    text = message.encode("utf-8", "replace").decode()
    assert gate.decide(text, [], True).verdict == "decline"


def test_reasons_speak_the_language_of_the_message(gate: Gate) -> None:
    chinese = gate.decide(KNOWN[0], [], False).reasons
    english = gate.decide(KNOWN[1], [], False).reasons
    assert any("ngrok" in reason.text for reason in chinese)
    assert all(reason.text.isascii() for reason in english)


def test_a_mention_lowers_the_threshold_and_points_order_it(gate: Gate) -> None:
    assert gate.threshold(True) < gate.threshold(False)
    thresholds = [gate.threshold(False, point) for point in ("eager", "balanced", "quiet")]
    assert thresholds == sorted(thresholds)
    assert gate.threshold(True, "eager") > 0


def test_near_the_threshold_a_model_server_is_asked(gate: Gate, searcher: Searcher) -> None:
    probability = gate.decide(KNOWN[1], [], False).probability
    near = replace(gate.model, points=dict.fromkeys(POINTS, float(sigmoid(logit_of(probability) - 0.3))))
    unsure = Gate(near, searcher, gate.evidence, ask_model=True)
    assert unsure.decide(KNOWN[1], [], False).verdict == "unsure"
    assert Gate(near, searcher, gate.evidence).decide(KNOWN[1], [], False).verdict == "answer"
    assert unsure.decide(CHAT[0], [], False).verdict == "decline"


def test_a_build_says_on_what_the_gate_was_fitted(gate: Gate) -> None:
    assert gate.model.origin == "questions"
    assert "good" in gate.model.note
    assert gate.model.good >= 40


def test_good_examples_that_were_looked_up_are_not_looked_up_again(gate: Gate, searcher: Searcher) -> None:
    rows = [
        Example("1", "怎么安装", 1),
        Example("2", "午饭吃什么", 0),
        Example("3", "How do I install it?", 1),
    ]
    once = look_up_all([row.text for row in rows if row.label], searcher, gate.evidence)
    given = tabulate(rows, searcher, gate.evidence, looked_up=once)
    anew = tabulate(rows, searcher, gate.evidence)
    assert np.allclose(given.numbers, anew.numbers, atol=1e-5)
    assert np.allclose(given.vectors, anew.vectors, atol=1e-5)


def test_without_labels_the_shipped_gate_says_so(
    settings: Settings, searcher: Searcher, tmp_path: Path
) -> None:
    index = settings.index.model_copy(
        update={"dir": tmp_path, "gate": GateSettings(questions=(tmp_path / "none.jsonl",))}
    )
    model = fit_from_settings(searcher, settings.model_copy(update={"index": index}))
    assert model.origin == "shipped"
    assert "0 good and 0 bad" in model.note
    assert "no label of this group" in model.note


def test_questions_about_other_documents_teach_nothing(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "cake.md").write_text("# Cake\n\nMix flour, sugar and eggs. Bake.\n", "utf-8")
    plain = settings_for(tmp_path, SourceSettings(path=tmp_path / "recipes"))
    index = plain.index.model_copy(update={"gate": GateSettings(questions=(QUESTIONS,))})
    cookbook = plain.model_copy(update={"index": index})
    build(cookbook, embedder=embedder)
    opened = open_gate(cookbook, open_current(cookbook, embedder=embedder))
    assert opened.model.origin == "shipped"
    assert opened.decide(KNOWN[1], [], False).verdict == "decline"


def test_calibrate_shows_figures_and_applies_only_when_told(
    settings: Settings, searcher: Searcher, gate: Gate, shown: Calibration
) -> None:
    store, before = GateStore(settings.index.dir), gate.model.name
    assert store.current_name() == before != shown.model.name
    examples = read_questions(QUESTIONS)
    assert shown.after["f1"] > 0.9
    assert "not applied" in describe(shown)
    applied = calibrate(settings, searcher, examples, apply=True)
    assert store.current_name() == applied.model.name
    assert store.current().origin == "calibrated"
    assert fit_from_settings(searcher, settings).name == applied.model.name
    roll_back(settings, before)
    assert store.current_name() == before
    with pytest.raises(IndexMismatch, match="no fitted gate"):
        roll_back(settings, "20000101T000000000")


def test_figures_are_also_told_by_group(settings: Settings, searcher: Searcher) -> None:
    rows = [replace(row, group="oc_a") for row in read_questions(QUESTIONS)][::2]
    shown = calibrate(settings, searcher, [*rows, Example("1", CHAT[0], 0, group="oc_b")], apply=False)
    assert shown.after["oc_a/f1"] > 0.9
    assert 0 < shown.before["oc_a/precision"] <= 1
    assert "oc_b/f1" not in shown.after
    assert "oc_a/recall" in describe(shown)


def test_examples_of_the_fit_are_judged_by_folds_that_did_not_see_them(
    searcher: Searcher, gate: Gate, shown: Calibration
) -> None:
    rows, model = read_questions(QUESTIONS), shown.model
    table = tabulate([*rows, Example("new", "怎么安装", 1)], searcher, gate.evidence, twins=False)
    result, _ = evaluate(model, table, "balanced")
    assert result["seen"] == len(rows) == result["n"] - 1
    shown = {name: round(model.figures[name], 2) for name in ("f1", "precision", "recall")}
    assert shown == pytest.approx({name: result[name] for name in shown}, abs=0.02)
    assert swap_accept(model, searcher, rows, "balanced") > 0.8


def test_the_report_shows_mistakes_and_loads_nothing(
    settings: Settings, searcher: Searcher, gate: Gate, tmp_path: Path
) -> None:
    wrong = [Example("w1", KNOWN[0], 0), Example("w2", "<b>吃什么</b>", 1)]
    table = tabulate(wrong, searcher, gate.evidence, twins=False)
    result, probability = evaluate(gate.model, table, "balanced")
    write_report(tmp_path / "out.html", gate.model, searcher, table, probability, result)
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "false accepts (1)" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "src=" not in page


def test_calibrate_refuses_too_few_examples(settings: Settings, searcher: Searcher) -> None:
    with pytest.raises(ConfigError, match="1 good and 0 bad"):
        calibrate(settings, searcher, [Example("1", KNOWN[0], 1)], apply=True)


def test_with_many_labels_the_gate_remembers_but_does_not_answer_from_habit(
    remembering: GateModel, searcher: Searcher, gate: Gate, embedder: Embedder, tmp_path: Path
) -> None:
    model = remembering
    assert model.memory is not None
    here = Gate(model, searcher, gate.evidence)
    decision = here.decide(KNOWN[0], [], False)
    assert decision.verdict == "answer"
    assert "memory" in {reason.feature for reason in decision.reasons}
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "cake.md").write_text("# Cake\n\nMix flour, sugar and eggs. Bake.\n", "utf-8")
    elsewhere = settings_for(tmp_path, SourceSettings(path=tmp_path / "recipes"))
    build(elsewhere, embedder=embedder)
    moved = Gate(model, open_current(elsewhere, embedder=embedder))
    assert moved.decide(KNOWN[0], [], False).verdict == "decline"
    parts = here.model.parts(here_case := table_case(KNOWN[0], searcher, here.evidence))
    assert parts.memory == pytest.approx(model.memory.score(here_case))
    assert model.memory.by_documents(here_case, without_itself=True) != parts.by_documents
    assert model.for_embedder("another").memory is None
    model.save(tmp_path / "kept")
    kept = read_model(tmp_path / "kept" / f"{model.name}.json")
    numbers = np.zeros(len(model.evidence.weights))
    case = ExaminedMessage(KNOWN[0], numbers, *embedder.embed([KNOWN[0], KNOWN[1]]))
    assert kept.logit(case) == pytest.approx(model.logit(case), abs=1e-3)


def table_case(message: str, searcher: Searcher, evidence: Evidence) -> ExaminedMessage:
    return tabulate([Example("1", message, 1)], searcher, evidence, twins=False).case(0)


def test_reasons_of_a_gate_with_a_memory_add_up_in_words(
    remembering: GateModel, searcher: Searcher, gate: Gate
) -> None:
    remembers = Gate(remembering, searcher, gate.evidence)
    reasons = {reason.feature: reason for reason in remembers.decide(KNOWN[0], [], False).reasons}
    assert set(reasons) == {*FEATURES, "memory", "found"}
    assert reasons["typical"].weight == 0
    assert "ngrok" in reasons["typical"].text
    chat = {reason.feature: reason for reason in remembers.decide(CHAT[0], [], False).reasons}
    assert min(reason.weight for reason in chat.values()) < 0
    assert all(reason.text for reason in chat.values())


def test_memory_counts_only_as_far_as_the_documents_know() -> None:
    assert joined(3.0, 1.0) == joined(2.0, 1.0) == 1.0
    assert joined(-3.0, 1.0) < joined(-1.0, 1.0) < 1.0


def test_a_gate_of_another_release_is_named(tmp_path: Path) -> None:
    data = shipped_model().to_json()
    data["features"].popitem()
    file = tmp_path / "old.json"
    file.write_text(json.dumps(data), "utf-8")
    with pytest.raises(IndexMismatch, match=r"old\.json was fitted by another release"):
        read_model(file)
    data |= {"format": 2, "memory": True}
    file.write_text(json.dumps(data), "utf-8")
    with pytest.raises(IndexMismatch, match="another release"):
        read_model(file)
    assert GateModel.from_json(shipped_model().to_json(), "here").name == "shipped"


DAMAGE = (b"", b"junk\n", b"\xff\xfe", b"[" * 100_000, b"[]", b"PK\x05\x06" + bytes(18))


@pytest.mark.parametrize("raw", DAMAGE)
@pytest.mark.parametrize("ending", ["json", "npz", "CURRENT"])
def test_a_damaged_gate_is_named_with_its_file_and_what_to_do(
    tmp_path: Path, remembering: GateModel, ending: str, raw: bytes
) -> None:
    store = GateStore(tmp_path)
    store.apply(remembering)
    place = store.folder / ("CURRENT" if ending == "CURRENT" else f"{remembering.name}.{ending}")
    place.write_bytes(raw)
    if not store.current_name():
        assert store.current().origin == "shipped"
        return
    named = "is in use but no longer in" if ending == "CURRENT" else re.escape(str(place))
    with pytest.raises(IndexMismatch, match=rf"{named}.*run `python -m index build --force` or calibrate"):
        store.current()
    assert store.readable() is None


@pytest.mark.parametrize("raw", DAMAGE)
def test_counts_that_are_damaged_are_none(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "counts"
    file.write_bytes(raw)
    assert kept_evidence(file) is None


def test_what_is_damaged_is_counted_anew(tmp_path: Path, searcher: Searcher, gate: Gate) -> None:
    settings = Settings(index={"dir": tmp_path})  # type: ignore[arg-type]
    counted, file = gate.evidence, evidence_file(settings, searcher.version)
    file.parent.mkdir(parents=True)
    file.write_bytes(DAMAGE[0])
    assert open_evidence(settings, searcher).vocabulary == counted.vocabulary
    kept = kept_evidence(file)
    assert kept is not None
    assert kept.total == counted.total


def test_a_build_fits_a_damaged_gate_anew(tmp_path: Path, settings: Settings, embedder: Embedder) -> None:
    shutil.copytree(settings.index.dir, tmp_path / "index")
    own = settings_of_guide(tmp_path / "index")
    store = GateStore(own.index.dir)
    name = store.current_name()
    (store.folder / f"{name}.json").write_bytes(b"junk")
    build(own, embedder=embedder, force=True)
    assert store.current().origin == "questions"
