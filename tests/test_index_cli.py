"""The commands of `python -m index`, with the embedded embedder and real files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from typer.testing import CliRunner

from bot.config.settings import EmbedderSettings
from bot.redis_keys import INDEX_VERSION
from index.__main__ import app, main
from index.search.embed import open_embedder
from tests.index_files import MARKDOWN, write_documents

pytestmark = pytest.mark.slow

QUERIES = [
    {"id": "1", "query": "怎么从源码安装", "relevant": ["docs/zh_cn/install.md"], "type": "zh"},
    {"id": "2", "query": "how to shrink the kv cache", "relevant": ["docs/kv_quant.md"], "type": "en"},
    {"id": "3", "query": "kv cache 量化", "relevant": ["docs/kv_quant.md"], "type": "cross"},
    {"id": "4", "query": "warranty", "relevant": ["nowhere.md"], "type": "en"},
]


@pytest.fixture(scope="module", autouse=True)
def _one_embedder() -> Iterator[None]:
    """Every command would load the model again; here they share one."""
    embedder = open_embedder(EmbedderSettings())
    with pytest.MonkeyPatch.context() as patch:
        for module in ("index.search.embed", "index.search.versions"):
            patch.setattr(f"{module}.open_embedder", lambda _: embedder)
        yield


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built index of the small documents; Redis is nowhere."""
    folder = tmp_path_factory.mktemp("cli")
    write_documents(folder / "handbook")
    file = folder / "config.yaml"
    settings = {
        "index": {
            "dir": str(folder / "index"),
            "sources": [{"path": str(folder / "handbook"), "url": "https://example.org"}],
            "gate": {"questions": []},
        },
        "redis": {"url": "redis://127.0.0.1:1/0"},
    }
    file.write_text(json.dumps(settings), "utf-8")
    shown = run("build", "--config", str(file))
    assert "7 documents" in shown
    assert "documents/s" in shown
    assert "Redis at redis://127.0.0.1:1/0 does not answer" in shown
    return file


def run(*arguments: str) -> str:
    """What a command prints; it must succeed."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_search_as_json_and_as_text(config: Path) -> None:
    found = run_json("search", "怎么开启 kv cache int8 量化？", "--config", str(config), "-k", "3")
    first = found["passages"][0]
    assert first["path"] == "docs/kv_quant.md"
    assert first["url"].startswith("https://example.org/docs/kv_quant.md")
    assert first["rank"] == 1
    assert set(first) >= {"score", "dense", "lexical", "title", "heading_path", "text", "chunk", "source"}
    assert "install.md" in run("search", "从源码安装", "--config", str(config))


def test_build_again_versions_diff_and_rollback(config: Path, redis: Redis, redis_url: str) -> None:
    again = run_json("build", "--config", str(config))
    assert again["published"] is False
    assert again["documents_per_second"] > 0
    page = config.parent / "handbook" / "docs" / "kv_quant.md"
    page.write_text(MARKDOWN + "\n## Later\n\nA later fact.\n", "utf-8")
    with_redis = config.with_name("redis.yaml")
    settings = json.loads(config.read_text("utf-8")) | {"redis": {"url": redis_url}}
    with_redis.write_text(json.dumps(settings), "utf-8")
    built = run_json("build", "--config", str(with_redis))
    assert built["changed"] == ["handbook/docs/kv_quant.md"]
    assert built["redis_told"] is True
    assert redis.get(INDEX_VERSION.name) == built["version"].encode()
    kept = run_json("versions", "--config", str(config))
    assert [row["current"] for row in kept] == [False, True]
    assert "~1" in run("versions", "--config", str(config))
    assert "~ handbook/docs/kv_quant.md" in run("diff", "--config", str(config))
    assert run_json("diff", "--config", str(config))["changed"] == ["handbook/docs/kv_quant.md"]
    assert "is current" in run("rollback", "--config", str(with_redis))
    assert redis.get(INDEX_VERSION.name) == kept[0]["version"].encode()
    assert run_json("search", "later fact", "--config", str(config))["version"] == kept[0]["version"]


def test_evaluate_retrieval(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in QUERIES), "utf-8")
    result = run_json("eval", "retrieval", "--queries", str(file), "--config", str(config), "--ablation")
    assert result["n"] == 4
    assert result["recall@1"] == result["recall@5"] == result["mrr"] == 0.75
    assert result["by_type"]["zh"]["recall@1"] == 1.0
    assert result["by_type"]["en"]["recall@10"] == 0.5
    assert set(result["ablation"]) == {"dense only", "lexical only", "fused"}
    assert result["ablation"]["fused"]["by_type"] == result["by_type"]
    one = run_json("eval", "retrieval", "--queries", str(file), "--config", str(config), "--type", "cross")
    assert list(one["by_type"]) == ["cross"]
    table = run("eval", "retrieval", "--queries", str(file), "--config", str(config))
    assert "search all" in table


def test_calibrate_and_evaluate_the_gate(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [f"怎么从源码安装 {word}" for word in "abcdefghijk"]
    good += [f"how to shrink the kv cache {word}" for word in "abcdefghijk"]
    rows = [{"id": text, "text": text, "label": 1} for text in good]
    rows += [{"id": f"bad {n}", "text": f"今天中午吃什么 {n} 号套餐？", "label": 0} for n in range(22)]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    asked = ("--questions", str(file), "--config", str(config))
    shown = run_json("calibrate", *asked)
    assert not shown["applied"]
    assert shown["after"]["f1"] > 0.9
    assert {"precision", "recall", "quiet_precision", "quiet_recall"} <= set(shown["after"])
    assert run_json("calibrate", *asked, "--apply")["applied"]
    (tmp_path / "cake").mkdir()
    (tmp_path / "cake" / "cake.md").write_text("# Cake\n\nMix flour, sugar and eggs. Bake.\n", "utf-8")
    other = tmp_path / "other.yaml"
    sources = [{"path": str(tmp_path / "cake")}]
    index = {"dir": str(tmp_path / "other"), "sources": sources, "gate": {"questions": []}}
    other.write_text(json.dumps({"index": index, "redis": {"url": "redis://127.0.0.1:1/0"}}), "utf-8")
    run("build", "--config", str(other))
    report = tmp_path / "report.html"
    result = run_json("eval", "gate", *asked, "--swap", str(tmp_path / "other"), "--report", str(report))
    assert result["n"] == result["seen"] == 44
    assert result["origin"] == "calibrated"
    assert result["f1"] > 0.9
    assert result["swap_accept"] < 0.2
    assert {"auc", "quiet_precision", "quiet_recall", "points", "note"} <= set(result)
    assert "Worst false accepts" in report.read_text("utf-8")
    assert "is in use" in run("calibrate", "--config", str(config), "--rollback", "shipped")
    monkeypatch.setattr(
        "index.training.calibrate.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    )
    for reply, applied in (("n\n", False), ("y\n", True)):
        answered = CliRunner().invoke(app, ["calibrate", *asked], input=reply, catch_exceptions=False)
        assert "Put this gate in use?" in answered.output
        assert ("in use now" in answered.output) == applied
    assert run_json("eval", "gate", *asked)["origin"] == "calibrated"
    run("calibrate", "--config", str(config), "--rollback", "shipped")
    assert run_json("eval", "gate", *asked)["origin"] == "shipped"


def test_expected_failures_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    empty = tmp_path / "config.yaml"
    empty.write_text(json.dumps({"index": {"dir": str(tmp_path / "none")}}), "utf-8")
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{", "utf-8")
    evaluate = ["eval", "retrieval", "--queries", str(bad), "--config", str(config)]
    for arguments, wanted in (
        (["search", "x", "--config", str(empty)], "index build"),
        (evaluate, "bad.jsonl"),
        (["search", " ？ ", "--config", str(config)], "holds no words"),
    ):
        monkeypatch.setattr(sys, "argv", ["index", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        error = capsys.readouterr().err
        assert wanted in error
        assert "Traceback" not in error
