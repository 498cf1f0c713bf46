"""Question-answer pairs from csv, json and jsonl files: each pair becomes a document of its own."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import LoadError
from index.sources.formats import decode

_QUESTION_NAMES = ("question", "q", "query", "prompt", "问题", "问")
_ANSWER_NAMES = ("answer", "a", "response", "reply", "答案", "回答", "答")
_URL_NAMES = ("url", "link", "链接")


@dataclass(frozen=True)
class QuestionPair:
    """A question somebody asked and its answer, in Markdown."""

    question: str
    answer: str
    url: str = ""


def read_pairs(file: Path) -> list[QuestionPair]:
    """The pairs of a csv (with a header line), json or jsonl file. Raises LoadError."""
    if not file.is_file():
        raise LoadError(f"{file}: no such file; see index.sources")
    text = decode(file.read_bytes())
    suffix = file.suffix.lower()
    if suffix not in (".csv", ".json", ".jsonl"):
        raise LoadError(f"{file}: question-answer pairs are read from .csv, .json and .jsonl")
    try:
        rows = list(csv.DictReader(io.StringIO(text))) if suffix == ".csv" else _json_rows(text, suffix)
    except (json.JSONDecodeError, csv.Error) as error:
        raise LoadError(f"{file}: not valid {suffix[1:]}: {error}") from error
    return [_pair(row, f"{file}: row {number}") for number, row in enumerate(rows, 1)]


def _json_rows(text: str, suffix: str) -> list[Any]:
    if suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    data = json.loads(text)
    if isinstance(data, dict):
        return [{"question": question, "answer": answer} for question, answer in data.items()]
    return data if isinstance(data, list) else [data]


def _pair(row: Any, where: str) -> QuestionPair:
    if not isinstance(row, dict):
        raise LoadError(f"{where}: expected an object with a question and an answer")
    fields = {str(key).strip().lower(): value for key, value in row.items()}
    question, answer = _first(fields, _QUESTION_NAMES), _first(fields, _ANSWER_NAMES)
    if not question or not answer:
        raise LoadError(f"{where}: needs columns 'question' and 'answer'")
    return QuestionPair(" ".join(question.split()), answer, _first(fields, _URL_NAMES))


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
