"""Documents that break readers: malformed, bottomless, exploding, misnamed, and things that are no documents.

Nothing here is larger than it must be to take a quadratic reader past a minute.
"""

from __future__ import annotations

import json
from pathlib import Path

from bench.hostile.folders import FOLDERS
from bench.hostile.made import Kind
from bench.hostile.office import OFFICE
from bench.hostile.packed import PACKED
from bench.hostile.spoilt import CODE, SPOILT
from bench.hostile.texts import TEXTS

__all__ = ["CODE", "KINDS", "LONG", "question_pairs"]

KINDS: dict[str, Kind] = {**TEXTS, **SPOILT, **OFFICE, **PACKED, **FOLDERS}
LONG = {
    "17 MB of plain text",
    "17 MB of text that is never the same",
    "60,000 different headings",
    "xlsx of 60,000 cells",
    "html of one wide table",
    "pdf that explodes",
    "rst roles",
    "rst substitutions",
    "rst underlines",
    "epub of 3,000 pages",
    "xlsx of one long cell",
    "notebook of 200,000 cells",
    "csv of a cell of 5 MB",
    "csv of one endless line",
    "csv of rows of every length",
}
"""They take their seconds wherever they are read."""


def question_pairs(folder: Path) -> list[Path]:
    """Files of question-answer pairs that break readers."""
    files = {
        "deep.json": "[" * 100_000,
        "null.csv": "question,answer\na,b\0\n",
        "quote.csv": 'question,answer\n"' + "a" * 300_000,
        "wide.csv": "question,answer\n" + "," * 100_000 + "\n",
        "odd.jsonl": '{"question": "a", "answer": "b"}\n{\n[1]\n'
        + json.dumps({"question": 5, "answer": None}),
        "half.json": '{"\\ud800": "\\udfff half"}',
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8", "surrogatepass")
    return [folder / name for name in files]
