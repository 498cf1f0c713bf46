"""The GPU benchmark's checkpoints and measuring, as far as they go without a GPU."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import pytest

from bench.turbomind.carry import _build_shim
from bench.turbomind.checkpoint import PLANTED, expected_score, first_token, planted, random_weights
from bench.turbomind.load import Load, compare, prompts
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.engines.model_files import missing_files
from worker.engines.turbomind.model_shapes import Shape, read_shape

pytestmark = pytest.mark.slow


@pytest.mark.data
def test_planted_checkpoint_gives_the_planted_probabilities(shared_data: Path, tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    tokenizer = shared_data / "internlm2" / "tokenizer.model"
    planted(tmp_path, tokenizer)
    assert missing_files(tmp_path) == []
    processor = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer))
    shares = first_token(tmp_path, processor.encode("<|im_start|>assistant\n")[-1])
    for number, share in PLANTED.items():
        assert shares[processor.piece_to_id(number)] == pytest.approx(share, rel=0.02)
    assert expected_score()[1] == pytest.approx(0.64)


@pytest.mark.data
def test_random_checkpoint_is_whole_and_of_its_shape(shared_data: Path, tmp_path: Path) -> None:
    shape = Shape(128, 256, 2, 1, 1, 1000)
    random_weights(tmp_path, shape, shared_data / "internlm2" / "tokenizer.model", "cpu")
    assert missing_files(tmp_path) == []
    assert read_shape(json.loads((tmp_path / "config.json").read_text())) == shape


def test_both_clients_are_measured_on_the_same_kind_of_prompts() -> None:
    load = Load(questions=16, concurrency=4, material_sentences=6, answer_tokens=8)
    model = ScriptedModel(reply="word " * 8, latency=0.05, pieces=8)
    with ModelServer(model=model) as server:
        found = compare(server.url, model.name, load, 1, "test")
    assert found["ours"].keys() == found["theirs"].keys()
    assert found["ours"]["cached_share"] == found["theirs"]["cached_share"] > 0
    assert found["ratio"] > 0
    first, second = prompts(load, "a"), prompts(load, "b")
    assert first[0][0] != second[0][0]


def test_calls_for_cublas_12_are_passed_on(tmp_path: Path) -> None:
    file = tmp_path / "libcublas.so.12"
    _build_shim(file)
    library = ctypes.CDLL(str(file))
    names = ("Create_v2", "Destroy_v2", "SetStream_v2", "GetMathMode", "SetWorkspace_v2", "GemmEx")
    assert all(getattr(library, f"cublas{name}") for name in names)
