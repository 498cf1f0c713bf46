"""Question-answer pairs from csv, tsv, json and jsonl files: each pair becomes a document of its own.

Such tables come out of spreadsheets: with blank rows, with semicolons for commas, with a row half filled in.
A row that is no pair is told with its number; the others are read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.config.faults import encodable_json
from bot.errors import LoadError
from index.sources.formats.encoding import decode

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
_QUESTION_NAMES = ("question", "q", "query", "prompt", "问题", "问", "問題", "問")
_ANSWER_NAMES = ("answer", "a", "response", "reply", "答案", "回答", "答")
_URL_NAMES = ("url", "link", "链接", "連結")
_TIME_NAMES = ("updated_at",)
_LATEST = 1e11
_TOLD = 10
"""How many wrong rows are told one by one."""
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class QuestionPair:
    """A question somebody asked and its answer, in Markdown."""

    question: str
    answer: str
    url: str = ""
    updated_at: float = 0.0
    """Unix seconds; 0: as old as its file."""


class _NoPair(Exception):
    """A row that holds no pair; says why."""


def pairs_in(suffix: str, raw: bytes) -> tuple[list[QuestionPair], tuple[str, ...]]:
    """The pairs of a csv or tsv (with a header line), json or jsonl file, and what is wrong with other rows.

    Raises LoadError when the file holds no pair at all.
    """
    if suffix not in SUFFIXES:
        raise LoadError("question-answer pairs are read from .csv, .tsv, .json and .jsonl")
    text, notes = decode(raw)
    pairs: list[QuestionPair] = []
    wrong: list[str] = []
    for number, row in _rows(text, suffix):
        try:
            if not _blank(row):
                pairs.append(_pair(row))
        except _NoPair as error:
            wrong.append(f"row {number}: {error}")
    if not pairs:
        raise LoadError("; ".join(wrong[:_TOLD]) or "holds no row with a question and an answer")
    if len(wrong) > _TOLD:
        wrong = [*wrong[:_TOLD], f"and {len(wrong) - _TOLD} more rows"]
    return pairs, (*notes, *wrong)


def _rows(text: str, suffix: str) -> Iterator[tuple[int, Any]]:
    """(number as a person counts, row)."""
    try:
        if suffix in (".csv", ".tsv"):
            yield from _table_rows(text)
        elif suffix == ".jsonl":
            for number, line in enumerate(text.split("\n"), 1):
                if line.strip():
                    yield number, _json_line(line)
        else:
            yield from enumerate(_json_rows(encodable_json(text)), 1)
    except (json.JSONDecodeError, csv.Error) as error:
        raise LoadError(f"not valid {suffix[1:]}: {error}") from error


def _demand_columns(header: list[str]) -> None:
    """Raises LoadError for a table of which no row can be a pair."""
    for wanted, names in (("questions", _QUESTION_NAMES), ("answers", _ANSWER_NAMES)):
        if not _fields(dict.fromkeys(header)).keys() & set(names):
            raise LoadError(
                f"none of its columns {', '.join(map(repr, header))} is known to hold the {wanted}; "
                f"name that one {names[0]!r} in the first line"
            )


def _table_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    header: list[str] = []
    table = csv.reader(io.StringIO(text), delimiter=separator_of(text))
    csv.field_size_limit(max(len(text), 131_072))
    for number, cells in enumerate(table, 1):
        if not any(cell.strip() for cell in cells):
            continue
        if header:
            yield number, dict(zip(header, cells, strict=False))
        elif len(cells) > 1 or _known(cells):
            header = cells
            _demand_columns(header)


def separator_of(text: str) -> str:
    """The separator of a table: the one that its first lines hold most evenly."""
    lines = [line for line in text[:20_000].split("\n")[:20] if line.strip()]
    header = lines[0] if lines else ""
    named = {mark: _known(header.split(mark)) for mark in _SEPARATORS}
    return max(_SEPARATORS, key=lambda mark: (named[mark], header.count(mark), -_SEPARATORS.index(mark)))


def _known(cells: list[str]) -> int:
    """How many of these are names of columns that are looked for."""
    names = _QUESTION_NAMES + _ANSWER_NAMES + _URL_NAMES
    return sum(cell.strip().strip('"').lower() in names for cell in cells)


def _json_line(line: str) -> Any:
    try:
        return encodable_json(line)
    except (json.JSONDecodeError, RecursionError):
        return "not JSON"


def _json_rows(data: Any) -> list[Any]:
    if isinstance(data, dict) and not _is_pair(data):
        return [{"question": question, "answer": answer} for question, answer in data.items()]
    return data if isinstance(data, list) else [data]


def _is_pair(data: dict[str, Any]) -> bool:
    fields = _fields(data)
    return bool(_first(fields, _QUESTION_NAMES) and _first(fields, _ANSWER_NAMES))


def _blank(row: Any) -> bool:
    return row in (None, {}, []) or (
        isinstance(row, dict) and not any(str(value or "").strip() for value in row.values())
    )


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {str(key).strip().lower(): value for key, value in row.items()}


def _pair(row: Any) -> QuestionPair:
    if not isinstance(row, dict):
        raise _NoPair("expected an object with a question and an answer")
    fields = _fields(row)
    question, answer = _first(fields, _QUESTION_NAMES), _first(fields, _ANSWER_NAMES)
    if not question or not answer:
        raise _NoPair("needs columns 'question' and 'answer'")
    return QuestionPair(" ".join(question.split()), answer, _first(fields, _URL_NAMES), _moment(fields))


def _moment(fields: dict[str, Any]) -> float:
    """When the answer was given, where a row says so in Unix seconds."""
    value = next((fields[name] for name in _TIME_NAMES if name in fields), 0.0)
    return float(value) if isinstance(value, int | float) and 0 < value < _LATEST else 0.0


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
