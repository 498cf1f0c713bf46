"""Throws broken files at the readers of all formats: anything raised but LoadError is a failure.

Each input is a small whole file of a format, mutated: bytes flipped, cut, doubled and moved, marks of the
format put in, or no file at all. Archives are mutated inside, so that what lies in them is reached.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import show
from bench.format_makers.files import FILES
from bench.format_makers.texts import TEXTS
from bot.errors import LoadError
from index.sources.formats import SUFFIXES, read
from index.sources.question_pairs import SUFFIXES as PAIR_SUFFIXES
from index.sources.question_pairs import pairs_in
from index.text.document import Document
from index.text.split import split

MARKS: tuple[bytes, ...] = (
    *(
        b"<",
        b">",
        b"```",
        b"~~~",
        b"<!--",
        b"-->",
        b"---\n",
        b"+++\n",
        b"{{<",
        b"%}",
        b"{%",
        b"::",
        b".. a::\n\n   ",
    ),
    *(
        b"[",
        b"](",
        b"![",
        b"|",
        b"||\n|-|",
        b"\n    ",
        b"\n\t",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\r",
        b"&#xD800;",
    ),
    *(
        b"# ",
        b"===\n",
        b"!!! ",
        b":::",
        b"<table>",
        b"<pre>",
        b"</",
        b"<A b={",
        b"$$",
        b"`",
        b"**",
        b"> [!N]",
        b"\xe5\xae",
    ),
    *(
        b"<w:p>",
        b"</w:t>",
        b"<a:t>",
        b'r:id="',
        b"stream\n",
        b"endobj",
        b"<<",
        b"/Kids[",
        b"{",
        b'"cells":',
        b"null,",
    ),
)
_KEPT_EVERY = 200
_PARTS = 6
"""Files of each format that are mutated."""


def measure(inputs: int, seed: int, kept: Path | None = None) -> dict[str, Any]:
    """Reads broken files number 0 to `inputs` - 1, the formats in turn; the same number is the same file.

    `kept`: where it is written how far it came; a run that was broken off goes on there.
    """
    logging.disable(logging.CRITICAL)
    readers: dict[str, Callable[[bytes], object]] = {suffix: _reader(suffix) for suffix in sorted(SUFFIXES)}
    for suffix in PAIR_SUFFIXES:
        readers[f"pairs {suffix}"] = lambda raw, suffix=suffix: pairs_in(suffix, raw)  # type: ignore[misc]
    names = list(readers)
    whole = _whole_files(random.Random(seed))
    state = _read_state(kept, seed)
    ended, broken = Counter(state["ended"]), list(state["broken"])
    for number in range(int(state["next"]), inputs):
        name = names[number % len(names)]
        chance = random.Random(f"{seed}:{number}")
        raw = _mutated(chance, chance.choice(whole.get(name.rpartition(" ")[2], [b""])))
        try:
            readers[name](raw)
            ended["read"] += 1
        except LoadError:
            ended["refused"] += 1
        except Exception as error:
            ended["broken"] += 1
            broken.append(f"{number} {name}: {type(error).__name__}: {error}"[:200])
        if kept and (number % _KEPT_EVERY == 0 or number + 1 == inputs):
            kept.write_text(json.dumps({"seed": seed, "next": number + 1, "ended": ended, "broken": broken}))
    return {
        "inputs": sum(ended.values()),
        "seed": seed,
        **ended,
        "reader_broken": len(broken),
        "first": broken[:5],
    }


def _read_state(kept: Path | None, seed: int) -> dict[str, Any]:
    if kept and kept.is_file():
        state = json.loads(kept.read_text("utf-8"))
        if state["seed"] == seed:
            return dict(state)
    return {"next": 0, "ended": {}, "broken": []}


def _reader(suffix: str) -> Callable[[bytes], object]:
    def run(raw: bytes) -> object:
        page = read(suffix, raw)
        return split(Document("s", "p", page.title, page.text, "", "en", 0.0, ""))

    return run


def _whole_files(chance: random.Random) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for suffix, make in (TEXTS | FILES).items():
        made = make(chance, None)
        found[suffix] = [
            raw[:20_000] if suffix in (".md", ".rst", ".html") else raw for raw, _ in zip_most(made)
        ]
    pairs = [{"question": f"How {n}?", "answer": f"So {n}."} for n in range(3)]
    found |= {
        ".json": [json.dumps(pairs).encode()],
        ".jsonl": [b"\n".join(json.dumps(row).encode() for row in pairs)],
    }
    found[".tsv"] = found[".csv"] = [*found[".csv"], b"question,answer\na,b\n"]
    found[".markdown"], found[".htm"], found[".xhtml"] = found[".md"], found[".html"], found[".html"]
    return found


def zip_most(made: Any) -> list[Any]:
    """The first few."""
    return [one for one, _ in zip(made, range(_PARTS), strict=False)]


def _mutated(chance: random.Random, raw: bytes) -> bytes:
    if chance.random() < 0.03:
        return chance.randbytes(chance.choice((0, 1, 20, 300)))
    if raw.startswith(b"PK") and chance.random() < 0.8:
        return _repacked(chance, raw)
    return _damaged(chance, raw)


def _repacked(chance: random.Random, raw: bytes) -> bytes:
    """The archive with one part damaged, taken out or doubled."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(packed, "w") as out:
        names = given.namelist()
        hit = chance.choice(names)
        for name in names:
            data = given.read(name)
            if name == hit and chance.random() < 0.1:
                continue
            out.writestr(name, _damaged(chance, data) if name == hit else data)
    return packed.getvalue()


def _damaged(chance: random.Random, raw: bytes) -> bytes:
    body = bytearray(raw[: chance.choice((200, 2_000, 20_000))] if chance.random() < 0.3 else raw)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(body) + 1)
        kind = chance.randrange(5)
        if kind == 0 and body:
            body[place % len(body)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            body[place:place] = chance.choice(MARKS) * chance.choice((1, 1, 3, 40))
        elif kind == 2:
            del body[place : place + chance.choice((1, 10, 500))]
        elif kind == 3:
            body[place:place] = body[: chance.choice((5, 60, 400))]
        else:
            body[place:place] = chance.randbytes(chance.choice((1, 8)))
    return bytes(body)


def main() -> None:
    """Prints a table, or one JSON object with --json; fails when a reader broke."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--keep", type=Path, help="a file that says how far it came, to go on there")
    given = parser.parse_args()
    figures = measure(given.inputs, given.seed, given.keep)
    show(figures, as_json=given.json)
    sys.exit(bool(figures["reader_broken"]))


if __name__ == "__main__":
    main()
