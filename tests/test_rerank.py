"""Reranking by a cross-encoder and by a server; what goes wrong has a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import RerankerSettings
from bot.errors import ConfigError, EngineUnavailable
from index.search.rerank import open_reranker
from tests.index_models import save_cross_encoder
from tests.vector_server import VectorServer

pytestmark = pytest.mark.slow


def test_none_is_none() -> None:
    assert open_reranker(RerankerSettings()) is None


def test_cross_encoder_from_a_folder(tmp_path: Path) -> None:
    save_cross_encoder(tmp_path / "model")
    settings = RerankerSettings(engine="sentence-transformers", model=str(tmp_path / "model"))
    reranker = open_reranker(settings)
    assert reranker is not None
    scores = reranker.score("量化缓存", ["quantize the kv cache", "train a model", "安装软件包"])
    assert len(scores) == 3
    assert len(set(scores)) == 3
    again = open_reranker(settings)
    assert again is not None
    assert again.score("量化缓存", ["train a model"]) == pytest.approx([scores[1]], abs=1e-5)


def test_server_scores_come_back_in_order() -> None:
    with VectorServer() as server:
        reranker = open_reranker(RerankerSettings(engine="openai", model="bge-reranker", base_url=server.url))
        assert reranker is not None
        assert reranker.score("install mmpose", ["train", "install mmpose now", "install"]) == [0.0, 1.0, 0.5]
        assert server.bodies[0]["model"] == "bge-reranker"


@pytest.mark.parametrize(("status", "drop"), [(503, 0), (200, 1)], ids=["refuses", "forgets one"])
def test_a_server_that_does_not_rank(status: int, drop: int) -> None:
    with VectorServer(status=status, drop=drop) as server:
        reranker = open_reranker(RerankerSettings(engine="openai", model="m", base_url=server.url))
        assert reranker is not None
        with pytest.raises(EngineUnavailable, match="did not rank"):
            reranker.score("a", ["b", "c"])


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"reranker\.model"):
        open_reranker(RerankerSettings(engine="openai"))
    with pytest.raises(ConfigError, match="base_url"):
        open_reranker(RerankerSettings(engine="openai", model="m"))
