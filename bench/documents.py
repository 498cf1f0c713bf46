"""Builds indexes of hostile documents beside good ones: each build ends, and nothing good is lost.

Every build is made by the real code in a process of its own and must end within 60 s of work (processor time)
and 1 GB (its own largest resident size and that of the reading process added), publish every good page, and
have read or reported each bad one. What is known to take its seconds gets a build of its own. The others
share builds, a dozen kinds in each: what they stay within together each of them does, and where a build of
several goes wrong each of its kinds is built alone. At last 40 kinds of all formats get one build.

    python -m bench.documents [--only WORDS] [--part 1/4] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench import show
from bench.hostile import KINDS, LONG, question_pairs

SECONDS = 60.0
MEGABYTES = 1000
SHARE = 12
MANY = 40
LOOK_SECONDS = 0.02
GOOD = {"good.md": "# Harbor\n\nRun `pip install harbor`.\n", "也好.md": "# 安装\n\n运行它就好。\n"}
_RUN = """
import json, resource, sys
from pathlib import Path
from bot.config.settings import load_settings
from bot.errors import FennelError
from index.build.build import build
try:
    told = build(load_settings(Path(sys.argv[1]))).to_json()
except FennelError as error:
    told = {"failed": f"{type(error).__name__}: {error}"}
own, reader = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
told["work"] = own.ru_utime + own.ru_stime + reader.ru_utime + reader.ru_stime
print(json.dumps(told))
"""


def measure(only: str = "", *, part: tuple[int, int] = (1, 1), together: bool = True) -> dict[str, Any]:
    """The builds of a part of the kinds whose name holds `only`; the one of many in the last part."""
    chosen = [kind for kind in KINDS if only in kind]
    number, parts = part
    mine = chosen[len(chosen) * (number - 1) // parts : len(chosen) * number // parts]
    rows = []
    with tempfile.TemporaryDirectory(prefix="fennel-documents-") as name:
        base = Path(name)
        for kinds in _shared(mine):
            rows += _each_if_wrong(base, kinds)
        if together and len(chosen) > MANY and number == parts:
            rows.append(_one(base / "many", _of_all_formats(chosen), "many together"))
    return {
        "kinds": len(mine),
        "builds": len(rows),
        "most_seconds": max(row["work"] for row in rows),
        "most_megabytes": max(row["megabytes"] for row in rows),
        "wrong": [row["kind"] for row in rows if row["wrong"]],
        "rows": rows,
    }


def _shared(kinds: list[str]) -> list[list[str]]:
    """Which kinds are built together."""
    short = [kind for kind in kinds if kind not in LONG]
    alone = [[kind] for kind in kinds if kind in LONG]
    return [*(short[start : start + SHARE] for start in range(0, len(short), SHARE)), *alone]


def _of_all_formats(kinds: list[str]) -> list[str]:
    """MANY of them, evenly: they stand in the order of their formats."""
    short = [kind for kind in kinds if kind not in LONG]
    return [short[len(short) * place // MANY] for place in range(MANY)]


def _each_if_wrong(base: Path, kinds: list[str]) -> list[dict[str, Any]]:
    """The row of a build of these kinds; where it went wrong, the rows of their own builds."""
    rows = [_one(base / "build", kinds, ", ".join(kinds))]
    if rows[0]["wrong"] and len(kinds) > 1:
        print(json.dumps(rows[0], ensure_ascii=False), file=sys.stderr, flush=True)
        rows = [_one(base / "build", [kind], kind) for kind in kinds]
    for row in rows:
        print(json.dumps(row, ensure_ascii=False), file=sys.stderr, flush=True)
    return rows


def _one(folder: Path, kinds: list[str], row: str) -> dict[str, Any]:
    source = folder / "source"
    source.mkdir(parents=True)
    wanted: list[str] = []
    for number, kind in enumerate(kinds):
        place = source / f"{number}"
        place.mkdir()
        wanted += [f"source/{number}/{path}" for path in KINDS[kind](place)]
    for name, text in GOOD.items():
        (source / name).write_text(text, "utf-8")
    sources: list[dict[str, str]] = [{"path": str(source)}]
    if len(kinds) == MANY:
        sources += [{"qa": str(file)} for file in question_pairs(folder)]
    try:
        return {"kinds": len(kinds), **_built(folder, sources, wanted, row)}
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(source)], check=False)
        shutil.rmtree(folder)


def _built(folder: Path, sources: list[dict[str, str]], wanted: list[str], kind: str) -> dict[str, Any]:
    settings = {"dir": str(folder / "index"), "sources": sources, "gate": {"questions": []}}
    config = folder / "config.yaml"
    config.write_text(json.dumps({"index": settings}), "utf-8")
    started = time.monotonic()
    with (folder / "said").open("w+") as said, (folder / "failed").open("w+") as failed:
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(config)],
            stdout=said,
            stderr=failed,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        kilobytes = _watched(process)
        said.seek(0)
        failed.seek(0)
        ended = process.returncode == 0
        told = json.loads(said.readlines()[-1]) if ended else {"failed": failed.read()[-500:]}
    told["megabytes"] = kilobytes // 1024
    row = {
        "kind": kind,
        "work": round(float(told.get("work", 0.0)), 1),
        "by_the_clock": round(time.monotonic() - started, 1),
        "megabytes": told.get("megabytes", 0),
        "chunks": told.get("chunks", 0),
        "told": [error[:160] for error in told.get("errors", [])][:3],
    }
    return {**row, "wrong": _wrong(told, wanted)}


def _watched(process: subprocess.Popen[bytes]) -> int:
    """Waits for a build's end; the largest size of its process and that of its largest child, added, in KiB.

    Not getrusage's: what that tells of a process begins with the size of the one that started it.
    """
    own, child = 0, 0
    while process.poll() is None:
        own = max(own, _size(process.pid))
        with suppress(OSError):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            child = max([child, *(_size(int(one)) for one in children if _is_another(int(one), process.pid))])
        time.sleep(LOOK_SECONDS)
    return own + child


def _size(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def _is_another(child: int, parent: int) -> bool:
    """Whether a child runs a program of its own by now: before that, its memory is its parent's."""
    with suppress(OSError):
        return Path(f"/proc/{child}/cmdline").read_bytes() != Path(f"/proc/{parent}/cmdline").read_bytes()
    return False


def _wrong(told: dict[str, Any], wanted: list[str]) -> list[str]:
    """What the build did not do."""
    if "failed" in told:
        return [told["failed"]]
    read = set(told["added"])
    errors = "\n".join([*told["errors"], *told["notes"]])
    wrong = [f"good page lost: {name}" for name in GOOD if f"source/{name}" not in read]
    for path in wanted:
        if path not in read and path.replace("source/", "source: ", 1) not in errors:
            wrong.append(f"neither read nor reported: {path}")
    if told["work"] > SECONDS:
        wrong.append(f"took {told['work']:.0f} s of work")
    if told["megabytes"] > MEGABYTES:
        wrong.append(f"took {told['megabytes']} MB")
    return wrong


def main() -> None:
    """Prints a table, or one JSON object with --json; fails when a build did anything wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--part", default="1/1", help="such as 2/4: the second of four parts of the kinds")
    given = parser.parse_args()
    number, _, parts = given.part.partition("/")
    figures = measure(given.only, part=(int(number), int(parts)))
    show(figures, as_json=given.json)
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
