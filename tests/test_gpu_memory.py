"""What fits which card, and whether a model's files are whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config.settings import LLMSettings
from worker.engines.model_files import find_folder, missing_files
from worker.engines.turbomind.gpu_memory import GIB, HEADROOM, RESERVE, advice, plan
from worker.engines.turbomind.model_shapes import SHAPES, Shape, read_shape, shape_by_name, shape_of

SEVEN = SHAPES["internlm2-7b"]


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("internlm2-1_8b", 1.89),
        ("internlm2-7b", 7.74),
        ("internlm2-20b", 19.86),
        ("internlm3-8b", 8.80),
        ("qwen2.5-0.5b", 0.49),
        ("qwen2.5-1.5b", 1.54),
        ("qwen2.5-3b", 3.09),
        ("qwen2.5-7b", 7.61),
        ("qwen2.5-14b", 14.7),
        ("qwen2.5-32b", 32.5),
        ("qwen2.5-72b", 72.7),
        ("qwen3-0.6b", 0.6),
        ("qwen3-1.7b", 1.72),
        ("qwen3-4b", 4.0),
        ("qwen3-8b", 8.2),
        ("qwen3-14b", 14.8),
        ("qwen3-32b", 32.8),
    ],
)
def test_dimensions_give_the_published_parameter_counts(name: str, billions: float) -> None:
    assert SHAPES[name].parameters / 1e9 == pytest.approx(billions, rel=0.015)


def test_sizes_of_internlm2_7b() -> None:
    assert SEVEN.weight_bytes / GIB == pytest.approx(14.4, abs=0.1)
    assert SEVEN.cache_bytes_per_token(0) == 128 * 1024
    assert SEVEN.cache_bytes_per_token(8) == pytest.approx(64 * 1024, rel=0.04)
    assert SEVEN.four_bit().weight_bytes / 1e9 == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize(
    ("model", "key", "bits"),
    [
        ("internlm/internlm2-chat-7b", "internlm2-7b", 16),
        ("internlm/internlm2_5-1_8b-chat", "internlm2-1_8b", 16),
        ("/models/internlm2-chat-20b-4bits/", "internlm2-20b", 4),
        ("internlm/internlm3-8b-instruct-awq", "internlm3-8b", 4),
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2.5-7b", 16),
        ("Qwen/Qwen3-4B-AWQ", "qwen3-4b", 4),
    ],
)
def test_models_are_known_by_name(model: str, key: str, bits: int) -> None:
    shape = shape_by_name(model)
    assert shape is not None
    assert (shape.layers, shape.hidden, shape.weight_bits) == (SHAPES[key].layers, SHAPES[key].hidden, bits)


def test_unknown_names_have_no_shape() -> None:
    assert shape_by_name("acme/secret-70b") is None
    assert shape_by_name("Qwen/Qwen2.5-72B-Instruct") == SHAPES["qwen2.5-72b"]


@pytest.mark.parametrize("gigabytes", [24, 40, 80, 141])
def test_plain_7b_fits_a_card_of_24_gb_and_more_without_filling_it(gigabytes: int) -> None:
    available = int(gigabytes * 0.97 * GIB)
    found = plan(SEVEN, available, LLMSettings(), concurrency=16)
    assert found.fits
    assert 0 < found.share <= 0.8
    assert found.used <= available - HEADROOM + GIB // 100
    assert found.quant_policy == 0
    if gigabytes > 80:
        assert found.used < 0.7 * available


def test_the_blogs_24_gb_measurement() -> None:
    settings = LLMSettings(cache_max_entry_count=0.8, quant_policy=0)
    found = plan(SEVEN, 24 * GIB, settings, concurrency=16)
    assert found.used / GIB == pytest.approx(23, abs=1.0)


def test_small_cards_get_int8_and_then_advice() -> None:
    found = plan(SEVEN, int(17.5 * GIB), LLMSettings(context_tokens=4096), concurrency=4)
    assert (found.fits, found.quant_policy) == (True, 8)
    small = plan(SEVEN, int(11.5 * GIB), LLMSettings(), concurrency=16)
    assert not small.fits
    words = advice(SEVEN, int(11.5 * GIB), LLMSettings(), concurrency=16)
    assert "AWQ 4-bit" in words[0]
    assert "smaller model" in advice(SHAPES["internlm2-20b"], 8 * GIB, LLMSettings(), concurrency=16)[0]


def test_advice_begins_with_the_operators_own_settings() -> None:
    settings = LLMSettings(cache_max_entry_count=0.05, quant_policy=0)
    assert "remove llm.cache_max_entry_count" in advice(SEVEN, 23 * GIB, settings, concurrency=16)[0]


def test_four_bit_on_ten_gigabytes() -> None:
    found = plan(SEVEN.four_bit(), int(9.7 * GIB), LLMSettings(), concurrency=8)
    assert found.fits
    assert found.max_prefill_tokens == 2048
    assert found.used <= 9.7 * GIB - HEADROOM + GIB // 100
    assert "int8" in found.describe() or "16 bit" in found.describe()
    assert found.used > RESERVE


CONFIG = {
    "hidden_size": 512,
    "intermediate_size": 1024,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 92544,
}


def test_shape_of_a_local_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps(CONFIG | {"quantization_config": {"quant_method": "awq"}})
    )
    assert shape_of(str(tmp_path), tmp_path) == Shape(512, 1024, 2, 4, 2, 92544, 128, weight_bits=4)
    assert read_shape({"model_type": "bert"}) is None
    assert read_shape({"text_config": CONFIG}) == Shape(512, 1024, 2, 4, 2, 92544, 128)


def safetensors(file: Path, size: int, cut: int = 0) -> None:
    """Writes a file with one tensor of `size` bytes, less `cut` at the end."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    data = len(header).to_bytes(8, "little") + header + bytes(size)
    file.write_bytes(data[: len(data) - cut])


def test_incomplete_downloads_are_named(tmp_path: Path) -> None:
    assert "config.json is missing" in missing_files(tmp_path)
    assert any("no weights" in problem for problem in missing_files(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    index = {
        "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-3.safetensors"}
    }
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    safetensors(tmp_path / "model-1.safetensors", 100)
    safetensors(tmp_path / "model-2.safetensors", 100, cut=40)
    problems = missing_files(tmp_path)
    assert len(problems) == 2
    assert problems[0].startswith("model-2.safetensors has ")
    assert problems[1] == "model-3.safetensors is missing"
    safetensors(tmp_path / "model-2.safetensors", 100)
    safetensors(tmp_path / "model-3.safetensors", 100)
    assert missing_files(tmp_path) == []
    (tmp_path / "model-3.safetensors").write_bytes(b"\xff" * 20)
    assert "cut short" in missing_files(tmp_path)[0]
    (tmp_path / "model-3.safetensors").write_bytes((4).to_bytes(8, "little") + b"oops")
    assert "not a safetensors file" in missing_files(tmp_path)[0]
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    assert "cannot be read" in missing_files(tmp_path)[0]


def test_downloaded_models_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "hub" / "models--internlm--internlm2-chat-7b"
    (place / "snapshots" / "abc").mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    assert find_folder("internlm/internlm2-chat-7b") == place / "snapshots" / "abc"
    assert find_folder("internlm/internlm2-chat-20b") is None
    scope = tmp_path / "models" / "Qwen" / "Qwen2___5-7B"
    scope.mkdir(parents=True)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    assert find_folder("Qwen/Qwen2.5-7B", modelscope=True) == scope
    assert find_folder(str(scope)) == scope
