"""Counting tokens with the model's own tokenizer, so that budgets are kept rather than hoped for.

Three counters: the sentencepiece model that InternLM2 and others ship, a Hugging Face tokenizer.json, and,
where neither is at hand (a public API), an estimate that errs on the large side. The checks here exist
because tokenizers go wrong silently: transformers 5 with trust_remote_code gives InternLM2's end mark an
id outside the embedding and drops spaces, and sentencepiece 0.2.2 refuses the model file altogether.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog

from bot.config.extras import command, is_here, require
from bot.config.settings import LLMSettings
from bot.errors import ConfigError
from worker.engines.model_files import find_folder

log = structlog.get_logger(__name__)

SENTENCEPIECE_FILE = "tokenizer.model"
FAST_FILE = "tokenizer.json"
_COUNTED = re.compile(r"[A-Za-z]{1,3}|[^A-Za-z ]")
_WIDE_DIGIT = re.compile(r"[^\D0-9]")
"""Counts twice: it is outside ASCII and a digit."""


class Counter(Protocol):
    """Counts tokens; safe to use from many threads."""

    exact: bool
    """False for the estimate."""
    ten_is_one_token: bool
    """Whether "10" is one token, as for InternLM2 (id 734); Qwen's is two."""

    def count(self, text: str) -> int:
        """Tokens of `text` alone, without begin or chat marks."""


class Estimate:
    """No tokenizer at hand: one token per character outside ASCII, per digit and sign, per 3 letters."""

    exact = False
    ten_is_one_token = False

    def count(self, text: str) -> int:
        """Never less than InternLM2's own count on ordinary Chinese and English text."""
        digits = 0 if text.isascii() else len(_WIDE_DIGIT.findall(text))
        return len(_COUNTED.findall(text)) + digits + text.count("  ")


class SentencePieceCounter:
    """A sentencepiece model file."""

    exact = True

    def __init__(self, file: Path) -> None:
        import sentencepiece

        sentencepiece.set_min_log_level(2)
        try:
            self.model: Any = sentencepiece.SentencePieceProcessor(model_file=str(file))
        except (RuntimeError, OSError) as error:
            raise ConfigError(
                f"llm.tokenizer: sentencepiece {sentencepiece.__version__} cannot read {file}: {error}; "
                "0.2.2 refuses InternLM2's file, 0.2.3 reads it"
            ) from error
        self.ten_is_one_token = len(self.encode("10")) == 1

    def count(self, text: str) -> int:
        """Tokens of `text`."""
        return len(self.encode(text))

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, without begin and end marks."""
        found: list[int] = self.model.encode(text)
        return found

    def vocabulary_size(self) -> int:
        """Pieces of the model: 92,544 for InternLM2."""
        return int(self.model.get_piece_size())


class FastCounter:
    """A Hugging Face tokenizer.json."""

    exact = True

    def __init__(self, file: Path) -> None:
        require("tokenizers")
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(file))
        self.ten_is_one_token = len(self.encode("10")) == 1

    def count(self, text: str) -> int:
        """Tokens of `text`."""
        return len(self.encode(text))

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, without begin and end marks."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def vocabulary_size(self) -> int:
        """Entries with the added ones."""
        return int(self.tokenizer.get_vocab_size())


def open_counter(settings: LLMSettings) -> Counter:
    """The counter for llm.tokenizer, else for llm.model where its files are here, else the estimate.

    Raises ConfigError when a tokenizer is named and cannot be read.
    """
    found = find_folder(settings.model, modelscope=settings.use_modelscope)
    place = Path(settings.tokenizer) if settings.tokenizer else found
    file = tokenizer_file(place) if place is not None else None
    if file is None and settings.tokenizer:
        raise ConfigError(
            f"llm.tokenizer: {settings.tokenizer} is no {SENTENCEPIECE_FILE} or {FAST_FILE} and has none"
        )
    readable = file is not None and (settings.tokenizer or file.suffix != ".json" or is_here("tokenizers"))
    if file is None or not readable:
        fix = "set llm.tokenizer" if file is None else command("tokenizers")
        log.info("token_counts_are_estimates", model=settings.model, fix=fix)
        return Estimate()
    return open_file(file)


def open_file(file: Path) -> SentencePieceCounter | FastCounter:
    """The counter for one tokenizer file, by its name."""
    return FastCounter(file) if file.suffix == ".json" else SentencePieceCounter(file)


def tokenizer_file(place: Path) -> Path | None:
    """The tokenizer file at or in `place`; the sentencepiece model first, it is the original."""
    if place.is_file():
        return place
    return next((place / name for name in (SENTENCEPIECE_FILE, FAST_FILE) if (place / name).is_file()), None)


@dataclass(frozen=True)
class TokenizerFacts:
    """What one tokenizer says of itself and of a few texts, for comparison."""

    vocabulary_size: int
    marks: dict[str, int]
    """Ids of the chat marks it knows."""


# Vocabulary size and chat marks by the model's `model_type`; InternLM/chat/chat_format.md, tokenizer.model.
KNOWN = {
    "internlm2": TokenizerFacts(92544, {"<|im_start|>": 92543, "<|im_end|>": 92542}),
    "internlm3": TokenizerFacts(128512, {}),
}
SAMPLES = (
    "LMDeploy 怎么开启 kv cache int8 量化？",
    "How do I install mmpose  with two  spaces?",
    "```python\nif x:\n    y = [1, 2]\n```",
    "10",
)


def check_model_folder(folder: Path) -> list[str]:
    """What is wrong between a model's tokenizer and its config.json, each with what to do. [] is good."""
    config_file, file = folder / "config.json", tokenizer_file(folder)
    if file is None:
        return [f"{folder} has neither {SENTENCEPIECE_FILE} nor {FAST_FILE}: download the model again"]
    if not config_file.is_file():
        return [f"{folder} has no config.json: download the model again"]
    config = json.loads(config_file.read_text(encoding="utf-8"))
    embedding = config.get("vocab_size") or (config.get("text_config") or {}).get("vocab_size") or 0
    size = open_file(file).vocabulary_size()
    problems = []
    if embedding and size > embedding:
        problems.append(
            f"{file.name} has {size} entries but config.json only {embedding}: they are of different models; "
            "download the model again"
        )
    known = KNOWN.get(config.get("model_type", ""))
    if known is not None and file.name == SENTENCEPIECE_FILE and size != known.vocabulary_size:
        problems.append(f"{file.name} has {size} entries, {config['model_type']} has {known.vocabulary_size}")
    if not (folder / "generation_config.json").is_file():
        problems.append(
            "generation_config.json is missing, so the server does not know <|im_end|> as an end mark; "
            "Fennel stops there itself, but copy the file from the model's page"
        )
    return problems


def compare_with_server(
    counter: SentencePieceCounter | FastCounter, encode: Callable[[str], list[int]]
) -> list[str]:
    """What differs between the local tokenizer and a server's (LMDeploy: /v1/encode); [] is good."""
    for text in SAMPLES:
        theirs, ours = encode(text), counter.encode(text)
        if theirs[-len(ours) :] != ours or len(theirs) > len(ours) + 1:
            return [
                f"the server splits {text!r} into {len(theirs)} tokens, the model's own tokenizer into "
                f"{len(ours)}: with transformers 5 start LMDeploy without "
                "--trust-remote-code, with transformers 4 with it"
            ]
    for mark, number in _marks_of(counter).items():
        theirs = encode(mark)
        if theirs[-1:] != [number]:
            return [
                f"the server takes {mark} for {theirs}, the model knows it as {number}: start LMDeploy with "
                "transformers 5 without --trust-remote-code, with transformers 4 with it"
            ]
    return []


def _marks_of(counter: SentencePieceCounter | FastCounter) -> dict[str, int]:
    """The chat marks of the model that has this many entries, where they are known."""
    size = counter.vocabulary_size()
    return next((facts.marks for facts in KNOWN.values() if facts.vocabulary_size == size), {})
