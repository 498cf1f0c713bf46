"""`auto`: strong models where card, library and files are at hand, else the embedded one; it says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import EmbedderSettings, RerankerSettings
from index.search import strong
from index.search.embed import open_embedder
from index.search.rerank import open_reranker
from index.search.strong import files_of, strong_model
from tests.index_models import save_cross_encoder, save_static_embedding

pytestmark = pytest.mark.slow


def card() -> bool:
    return True


def test_without_a_card_or_without_the_files_it_is_the_embedded_one(tmp_path: Path) -> None:
    save_static_embedding(tmp_path / "tiny")
    found = strong_model("", str(tmp_path / "tiny"), card=lambda: False)
    assert (found.place, found.why) == (None, "there is no graphics card")
    assert "absent are not here" in strong_model("absent", "x", card=card).why
    assert strong_model("", str(tmp_path / "tiny"), card=card).place == tmp_path / "tiny"


def test_without_the_library_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strong, "LIBRARY", "a_library_that_nobody_wrote")
    assert "not installed" in strong_model("", "x", card=card).why


def test_files_in_the_hubs_cache_count_when_they_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--BAAI--bge-m3" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", "utf-8")
    assert files_of("BAAI/bge-m3") is None
    (folder / "model.safetensors").write_bytes(b"")
    assert files_of("BAAI/bge-m3") == folder


def test_both_models_are_taken_with_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strong, "card_at_hand", card)
    save_static_embedding(tmp_path / "tiny")
    save_cross_encoder(tmp_path / "judge")
    embedder = open_embedder(EmbedderSettings(model=str(tmp_path / "tiny")))
    assert embedder.name == f"sentence-transformers:{tmp_path / 'tiny'}"
    assert embedder.embed(["install"]).shape == (1, 32)
    reranker = open_reranker(RerankerSettings(model=str(tmp_path / "judge")))
    assert reranker is not None
    assert len(reranker.score("install", ["the package", "a model"])) == 2
    monkeypatch.setattr(strong, "card_at_hand", lambda: False)
    assert open_embedder(EmbedderSettings(model=str(tmp_path / "tiny"))).name.startswith("embedded:")
    assert open_reranker(RerankerSettings(model=str(tmp_path / "judge"))) is None
