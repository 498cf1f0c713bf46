"""InternLM2-shaped model folders made on the spot, so that a GPU can be measured without a download.

`planted` makes one whose answer is known: attention and feed-forward outputs are zero, so the last token's
embedding alone decides what comes next, and the output rows are chosen to give the wanted probabilities
after "assistant\\n". `random_weights` makes one of a real model's shape and weight traffic.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

from worker.engines.turbomind.model_shapes import Shape

IM_START, IM_END = 92543, 92542
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
PLANTED_SHAPE = Shape(512, 1024, 2, 4, 2, 92544)
PLANTED = {"10": 0.08, "9": 0.11, "8": 0.13, "7": 0.11, "6": 0.07, "5": 0.05, "3": 0.04, "1": 0.02, "0": 0.03}
"""Probabilities of the first token; the rest lies on words."""
WORDS = ("The", "It", "Sure", "我", "这")
REST = 1e-4
"""Probability that all other tokens share."""


def write_configuration(
    folder: Path, shape: Shape, tokenizer: Path, marks: dict[str, int] | None = None
) -> None:
    """Everything of a model folder but the weights. `marks` are the ids of the chat marks."""
    marks = marks or {"<|im_start|>": IM_START, "<|im_end|>": IM_END}
    folder.mkdir(parents=True, exist_ok=True)
    if tokenizer != folder / "tokenizer.model":
        shutil.copyfile(tokenizer, folder / "tokenizer.model")
    config = {
        "architectures": ["InternLM2ForCausalLM"],
        "model_type": "internlm2",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.cache_heads,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-5,
        "rope_theta": 1000000,
        "hidden_act": "silu",
        "bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "bfloat16",
    }
    added = {
        str(number): {"content": mark, "special": True, "normalized": False, "lstrip": False, "rstrip": False}
        for mark, number in marks.items()
    }
    tokens = {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "chat_template": TEMPLATE,
        "added_tokens_decoder": added,
    }
    generation = {"bos_token_id": 1, "eos_token_id": [2, marks["<|im_end|>"]]}
    for name, content in (
        ("config.json", config),
        ("tokenizer_config.json", tokens),
        ("generation_config.json", generation),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def expected_score() -> tuple[float, float]:
    """The planted expectation and mass."""
    mass = sum(PLANTED.values())
    return sum(int(number) * share for number, share in PLANTED.items()) / mass, mass


def planted(folder: Path, tokenizer: Path) -> None:
    """Writes the checkpoint with the known answer, about 200 MB."""
    import sentencepiece
    import torch
    from safetensors.torch import save_file

    processor = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer))
    shape = PLANTED_SHAPE
    write_configuration(folder, shape, tokenizer)
    torch.manual_seed(0)
    root = math.sqrt(shape.hidden)
    axes = torch.linalg.qr(torch.randn(shape.hidden, 2)).Q.T  # two directions at right angles
    asks, answered = axes[0], axes[1]
    newline = processor.encode("\n")[-1]
    shares = {processor.piece_to_id(number): share for number, share in PLANTED.items()}
    left = 1.0 - sum(shares.values()) - REST
    shares |= {processor.piece_to_id(word): left / len(WORDS) for word in WORDS}
    # RMSNorm makes every embedding sqrt(hidden) long; a row's product with it is the token's logit.
    embedding = torch.randn(shape.vocabulary, shape.hidden) * 0.02
    embedding[newline] = asks * root
    output = torch.zeros(shape.vocabulary, shape.hidden)
    output += asks * (math.log(REST / shape.vocabulary) / root)
    for token, share in shares.items():
        output[token] = asks * (math.log(share) / root)
        embedding[token] = answered * root
    output[IM_END] += answered * (30.0 / root)
    tensors = {"model.tok_embeddings.weight": embedding, "output.weight": output}
    tensors |= _layers(shape, lambda *size: torch.zeros(*size), torch.ones)
    kept = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in tensors.items()}
    save_file(kept, str(folder / "model.safetensors"), metadata={"format": "pt"})


def first_token(folder: Path, newline: int) -> dict[int, float]:
    """What the planted checkpoint gives after "assistant\\n", computed here: id -> probability."""
    import torch
    from safetensors.torch import load_file

    tensors = load_file(str(folder / "model.safetensors"))
    state = tensors["model.tok_embeddings.weight"][newline].float()
    state = state / (state.pow(2).mean() + 1e-5).sqrt()
    shares = torch.softmax(tensors["output.weight"].float() @ state, dim=0)
    top = torch.topk(shares, 20)
    return dict(zip(top.indices.tolist(), top.values.tolist(), strict=True))


def random_weights(folder: Path, shape: Shape, tokenizer: Path, device: str) -> None:
    """Writes a checkpoint of this shape with random weights, one file a layer."""
    import torch
    from safetensors.torch import save_file

    write_configuration(folder, shape, tokenizer)
    generator = torch.Generator(device=device).manual_seed(0)

    def draw(*size: int) -> Any:
        found = torch.randn(*size, generator=generator, device=device, dtype=torch.bfloat16)
        return (found * 0.02).cpu()

    names: dict[str, str] = {}

    def save(file: str, tensors: dict[str, Any]) -> None:
        save_file(tensors, str(folder / file), metadata={"format": "pt"})
        names.update(dict.fromkeys(tensors, file))

    table = (shape.vocabulary, shape.hidden)
    save("ends.safetensors", {"model.tok_embeddings.weight": draw(*table), "output.weight": draw(*table)})
    for number in range(shape.layers):
        layer = _layer(shape, number, draw, lambda size: torch.ones(size, dtype=torch.bfloat16))
        save(f"layer-{number}.safetensors", layer)
    save("norm.safetensors", {"model.norm.weight": torch.ones(shape.hidden, dtype=torch.bfloat16)})
    index = {"metadata": {"total_size": shape.weight_bytes}, "weight_map": names}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def _layers(shape: Shape, draw: Any, ones: Any) -> dict[str, Any]:
    tensors = {"model.norm.weight": ones(shape.hidden)}
    for number in range(shape.layers):
        tensors |= _layer(shape, number, draw, ones)
    return tensors


def _layer(shape: Shape, number: int, draw: Any, ones: Any) -> dict[str, Any]:
    """InternLM2's names; wqkv holds, for each KV head, its query heads, then its key, then its value."""
    name = f"model.layers.{number}"
    projections = shape.head_size * (shape.heads + 2 * shape.cache_heads)
    return {
        f"{name}.attention.wqkv.weight": draw(projections, shape.hidden),
        f"{name}.attention.wo.weight": draw(shape.hidden, shape.head_size * shape.heads),
        f"{name}.feed_forward.w1.weight": draw(shape.intermediate, shape.hidden),
        f"{name}.feed_forward.w3.weight": draw(shape.intermediate, shape.hidden),
        f"{name}.feed_forward.w2.weight": draw(shape.hidden, shape.intermediate),
        f"{name}.attention_norm.weight": ones(shape.hidden),
        f"{name}.ffn_norm.weight": ones(shape.hidden),
    }
