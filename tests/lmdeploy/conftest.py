"""One real api_server for all contract tests, where lmdeploy can be imported."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sentencepiece

ROOT = Path(__file__).resolve().parents[2]
REAL_TOKENIZER = ROOT.parent / "shared" / "data" / "internlm2" / "tokenizer.model"
STARTUP_SECONDS = 900
API_KEY = "contract-key"
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

if importlib.util.find_spec("lmdeploy") is None:
    collect_ignore_glob = ["test_*.py"]


@dataclass(frozen=True)
class RealServer:
    """Where the real package listens, and the folder that its engine writes to."""

    url: str
    folder: Path

    def aborted(self) -> int:
        """Requests whose client went away while they ran."""
        file = self.folder / "aborted"
        return len(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else 0


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Starts it as a process; its first answer takes some twenty seconds of imports."""
    folder = tmp_path_factory.mktemp("internlm2")
    make_model_folder(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "server.log"
    line = [sys.executable, "-m", "tests.lmdeploy.real_server", str(folder), str(port), API_KEY]
    with log.open("wb") as output:
        process = subprocess.Popen(
            line, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "HF_HUB_OFFLINE": "1"}
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", log)
        yield RealServer(f"http://127.0.0.1:{port}/v1", folder)
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    ends = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(url, timeout=60).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"the real api_server did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


def make_model_folder(folder: Path) -> None:
    """An InternLM2-shaped model folder without weights, with the real tokenizer where it is at hand."""
    if REAL_TOKENIZER.is_file():
        shutil.copyfile(REAL_TOKENIZER, folder / "tokenizer.model")
        marks = {"<|im_end|>": 92542, "<|im_start|>": 92543}
    else:
        marks = _train_tokenizer(folder)
    size = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model")).get_piece_size()
    config = {
        "architectures": ["InternLM2ForCausalLM"],
        "model_type": "internlm2",
        "hidden_size": 512,
        "intermediate_size": 1024,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": max(size, *(number + 1 for number in marks.values())),
        "max_position_embeddings": 32768,
        "torch_dtype": "bfloat16",
    }
    added = {
        str(number): {"content": mark, "special": True, "normalized": False, "lstrip": False, "rstrip": False}
        for mark, number in marks.items()
    }
    tokenizer = {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "chat_template": TEMPLATE,
        "added_tokens_decoder": added,
    }
    end = marks["<|im_end|>"]
    for name, content in (
        ("config.json", config),
        ("tokenizer_config.json", tokenizer),
        ("generation_config.json", {"bos_token_id": 1, "eos_token_id": [2, end]}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "end_id").write_text(str(end), encoding="utf-8")


def _train_tokenizer(folder: Path) -> dict[str, int]:
    """A small sentencepiece model with byte pieces, digits of their own and "10" as one piece.

    Like InternLM2's it takes text as it is: no space before the first word, none taken away.
    """
    from tests.lmdeploy.real_server import REPLY

    text = folder / "text"
    text.write_text(f"{REPLY}\n" * 200 + "system user assistant slowly Sure 0 1 2 3 4 5 6 7 8 9 10\n" * 50)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=400,
        model_type="bpe",
        byte_fallback=True,
        split_digits=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        user_defined_symbols=["10", "Sure"],
        hard_vocab_limit=False,
        minloglevel=2,
    )
    size = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model")).get_piece_size()
    return {"<|im_end|>": size, "<|im_start|>": size + 1}
