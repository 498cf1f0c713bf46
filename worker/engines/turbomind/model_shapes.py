"""How large a model is: its dimensions from config.json or, before it is downloaded, from its name.

The table's figures are those of the models' own config.json files; its test compares the parameter
counts that follow with the published ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOUR_BIT_METHODS = ("awq", "gptq")
GROUP = 128
"""Weights that share one 16-bit scale and zero point in a 4-bit checkpoint."""
_FOUR_BIT_NAME = re.compile(r"4bit|awq|int4|gptq|w4a16", re.I)


@dataclass(frozen=True)
class Shape:
    """The dimensions of a Llama-like decoder."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    cache_heads: int
    vocabulary: int
    head_size: int = 128
    tied: bool = False
    """Whether the output layer is the embedding itself."""
    weight_bits: int = 16

    @property
    def linear_parameters(self) -> int:
        """Those in matrices that a 4-bit checkpoint quantises."""
        attention = 2 * self.hidden * self.head_size * (self.heads + self.cache_heads)
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    @property
    def embedding_parameters(self) -> int:
        """Input embedding and output layer, which stay in 16 bit."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        """All of them; norms are left out, they are some thousands."""
        return self.linear_parameters + self.embedding_parameters

    @property
    def weight_bytes(self) -> int:
        """GPU memory of the weights."""
        linear = self.linear_parameters * self.weight_bits // 8
        if self.weight_bits == 4:
            linear += self.linear_parameters * 4 // GROUP
        # A tied output layer is counted twice: that TurboMind shares it is not certain.
        return linear + 2 * self.vocabulary * self.hidden * 2

    def cache_bytes_per_token(self, quant_policy: int) -> int:
        """KV cache of one token over all layers; int8 and int4 carry a scale and zero point per head."""
        element_bits = quant_policy or 16
        per_head = self.head_size * element_bits // 8 + (4 if quant_policy else 0)
        return 2 * self.layers * self.cache_heads * per_head

    def four_bit(self) -> Shape:
        """The same model quantised by AWQ."""
        return replace(self, weight_bits=4)


SHAPES = {
    "internlm2-1_8b": Shape(2048, 8192, 24, 16, 8, 92544),
    "internlm2-7b": Shape(4096, 14336, 32, 32, 8, 92544),
    "internlm2-20b": Shape(6144, 16384, 48, 48, 8, 92544),
    "internlm3-8b": Shape(4096, 10240, 48, 32, 2, 128512),
    "qwen2.5-0.5b": Shape(896, 4864, 24, 14, 2, 151936, 64, True),
    "qwen2.5-1.5b": Shape(1536, 8960, 28, 12, 2, 151936, tied=True),
    "qwen2.5-3b": Shape(2048, 11008, 36, 16, 2, 151936, tied=True),
    "qwen2.5-7b": Shape(3584, 18944, 28, 28, 4, 152064),
    "qwen2.5-14b": Shape(5120, 13824, 48, 40, 8, 152064),
    "qwen2.5-32b": Shape(5120, 27648, 64, 40, 8, 152064),
    "qwen2.5-72b": Shape(8192, 29568, 80, 64, 8, 152064),
    "qwen3-0.6b": Shape(1024, 3072, 28, 16, 8, 151936, tied=True),
    "qwen3-1.7b": Shape(2048, 6144, 28, 16, 8, 151936, tied=True),
    "qwen3-4b": Shape(2560, 9728, 36, 32, 8, 151936, tied=True),
    "qwen3-8b": Shape(4096, 12288, 36, 32, 8, 151936),
    "qwen3-14b": Shape(5120, 17408, 40, 40, 8, 151936),
    "qwen3-32b": Shape(5120, 25600, 64, 64, 8, 151936),
}


def shape_of(model: str, folder: Path | None = None) -> Shape | None:
    """The shape of a model, from its folder's config.json where it is here, else by name; None if unknown."""
    config = folder / "config.json" if folder is not None else None
    if config is not None and config.is_file():
        return read_shape(json.loads(config.read_text(encoding="utf-8")))
    return shape_by_name(model)


def shape_by_name(model: str) -> Shape | None:
    """`internlm/internlm2_5-7b-chat`, `Qwen/Qwen2.5-7B-Instruct-AWQ` and the like."""
    name = model.rstrip("/").rsplit("/", 1)[-1].lower()
    name = name.replace("internlm2_5", "internlm2").replace("-chat", "").replace("-instruct", "")
    found = next(
        (shape for key, shape in SHAPES.items() if re.match(re.escape(key) + r"(?![\d.])", name)), None
    )
    return found.four_bit() if found is not None and _FOUR_BIT_NAME.search(name) else found


def read_shape(config: dict[str, Any]) -> Shape | None:
    """The shape out of a config.json; None for a model that is no Llama-like decoder."""
    config = config.get("text_config") or config
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
    if not all(isinstance(config.get(name), int) for name in names):
        return None
    hidden, intermediate, layers, heads, vocabulary = (int(config[name]) for name in names)
    method = (config.get("quantization_config") or {}).get("quant_method", "")
    return Shape(
        hidden,
        intermediate,
        layers,
        heads,
        int(config.get("num_key_value_heads") or heads),
        vocabulary,
        int(config.get("head_dim") or hidden // heads),
        bool(config.get("tie_word_embeddings", False)),
        4 if method in FOUR_BIT_METHODS else 16,
    )
