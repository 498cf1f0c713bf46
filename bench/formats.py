"""Does a reader lose a word or show a mark? Each format against another reader of the same file.

For every format at least 20 documents: real ones of ../shared/data where they are, of a folder that is given,
and ones made from real paragraphs. The words that the other reader shows (bench/format_readers.py), and those
of which the file was made, are counted in what ours gives; marks of markup outside code are counted too.

    python -m bench.formats [--json] [--only .docx] [--folder DIR]
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from bench import format_readers, show
from bench.format_makers import DATA, Made, markdown_text, plain_text, words
from bench.format_makers.files import FILES
from bench.format_makers.texts import TEXTS
from bench.format_readers import Browser
from bot.errors import LoadError
from index.sources.formats import read
from index.sources.formats.encoding import decode

LEAST = 0.99
_CODE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?^[ \t]*\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_MARKS = re.compile(
    r"(?<!\\)</?[a-z][a-z0-9]*(?:\s[^<>]*)?>|\{\{[<%]|\{%|^:::|^\.\. \w+::|:\w+:`|\[!\w+\]|^!!! |^=== \"",
    re.MULTILINE,
)


def measure(only: str = "", folder: Path | None = None) -> dict[str, Any]:
    """Share of the words kept and marks shown, by format; `folder`: real documents besides those at hand."""
    with format_readers.browser() as seen:
        found = {}
        for suffix, make in (TEXTS | FILES).items():
            if only in ("", suffix):
                made = make(random.Random(20261126), seen)
                at_hand = DATA if suffix == ".pdf" else None
                given = chain(_given(suffix, at_hand, seen), _given(suffix, folder, seen))
                found[suffix] = _measured(suffix, chain(made, given))
    return {
        "formats": found,
        "browser": "Chromium" if seen else "none: BeautifulSoup's text",
        "least_kept": min(row["kept"] for row in found.values()),
        "marks_shown": sum(row["marks"] for row in found.values()),
        "wrong": [
            suffix for suffix, row in found.items() if row["kept"] < LEAST or row["marks"] or row["n"] < 20
        ],
    }


def _given(suffix: str, folder: Path | None, seen: Browser | None) -> Iterator[Made]:
    """Real documents of a folder, read by another reader too; those it cannot read are passed over."""
    reader = other_reader(suffix, seen)
    for file in sorted(folder.rglob(f"*{suffix}")) if folder and reader else ():
        raw = file.read_bytes()
        try:
            wanted = words(reader(raw)) if reader else Counter()
        except Exception as error:  # whatever another reader raises; told, and not ours to mend
            print(f"{file.name}: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            continue
        yield raw, wanted


def other_reader(suffix: str, seen: Browser | None) -> Callable[[bytes], str] | None:
    """Another reader of a format."""
    readers: dict[str, Callable[[bytes], str]] = {
        ".docx": format_readers.word_text,
        ".pptx": format_readers.slides_text,
        ".pdf": format_readers.pdf_text,
        ".xlsx": format_readers.sheets_text,
        ".html": lambda raw: seen(decode(raw)[0]) if seen else plain_text(decode(raw)[0]),
        ".epub": lambda raw: format_readers.book_text(raw, seen or plain_text),
        ".ipynb": lambda raw: format_readers.notebook_text(raw, markdown_text),
        ".txt": lambda raw: decode(raw)[0],
    }
    return readers.get(suffix)


def _measured(suffix: str, made: Iterable[Made]) -> dict[str, Any]:
    wanted: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    marks, count = 0, 0
    for raw, other in made:
        try:
            text = read(suffix, raw).text
        except LoadError as error:
            print(f"{suffix}: {error}", file=sys.stderr)
            text = ""
        wanted += other
        lost += other - words(text)
        marks += len(_MARKS.findall(_CODE.sub("", text)))
        count += 1
    kept = 1 - sum(lost.values()) / max(sum(wanted.values()), 1)
    return {
        "n": count,
        "words": sum(wanted.values()),
        "kept": round(kept, 4),
        "marks": marks,
        "lost": lost.most_common(5),
    }


def main() -> None:
    """Prints a table, or one JSON object with --json; fails when a format loses words or shows marks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="one format, as .docx")
    parser.add_argument("--folder", type=Path, help="a folder of real documents, which are read too")
    given = parser.parse_args()
    figures = measure(given.only, given.folder)
    show(figures, as_json=given.json)
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
