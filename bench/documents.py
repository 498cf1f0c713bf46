"""Builds indexes of hostile documents beside good ones: each build ends, and nothing good is lost.

Every kind gets a build of its own, with the real command in a process of its own, then all of them get one
together. A build must end within 60 s of work and 1 GB (its own largest resident size and that of the reading
process added), publish every good page, and have read or reported each bad one.
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
from pathlib import Path
from typing import Any

from bench import show
from bench.hostile import KINDS, question_pairs

SECONDS = 60.0
MEGABYTES = 1000
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
told["megabytes"] = (own.ru_maxrss + reader.ru_maxrss) // 1024
print(json.dumps(told))
"""


def measure(only: str = "", *, together: bool = True) -> dict[str, Any]:
    """One build for each kind whose name holds `only`, then one for all of them."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="fennel-documents-") as name:
        base = Path(name)
        chosen = [kind for kind in KINDS if only in kind]
        for number, kind in enumerate(chosen):
            rows.append(_one(base / str(number), {kind}))
            print(json.dumps(rows[-1], ensure_ascii=False), file=sys.stderr, flush=True)
        if together and len(chosen) > 1:
            rows.append(_one(base / "all", set(chosen)))
    bad = [row["kind"] for row in rows if row["wrong"]]
    return {
        "kinds": len(chosen),
        "builds": len(rows),
        "most_seconds": max(row["work"] for row in rows),
        "most_megabytes": max(row["megabytes"] for row in rows),
        "wrong": bad,
        "rows": rows,
    }


def _one(folder: Path, kinds: set[str]) -> dict[str, Any]:
    source = folder / "source"
    source.mkdir(parents=True)
    wanted: list[str] = []
    for number, kind in enumerate(sorted(kinds)):
        place = source / f"{number}"
        place.mkdir()
        wanted += [f"source/{number}/{path}" for path in KINDS[kind](place)]
    for name, text in GOOD.items():
        (source / name).write_text(text, "utf-8")
    sources: list[dict[str, str]] = [{"path": str(source)}]
    if len(kinds) > 1:
        sources += [{"qa": str(file)} for file in question_pairs(folder)]
    try:
        return _built(folder, sources, wanted, "all together" if len(kinds) > 1 else next(iter(kinds)))
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(source)], check=False)
        shutil.rmtree(folder)


def _built(folder: Path, sources: list[dict[str, str]], wanted: list[str], kind: str) -> dict[str, Any]:
    settings = {"dir": str(folder / "index"), "sources": sources, "gate": {"questions": []}}
    config = folder / "config.yaml"
    config.write_text(json.dumps({"index": settings}), "utf-8")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(config)],
        capture_output=True,
        text=True,
        timeout=1800,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    told = (
        json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"failed": done.stderr[-500:]}
    )
    row = {
        "kind": kind,
        "work": round(float(told.get("work", 0.0)), 1),
        "by_the_clock": round(time.monotonic() - started, 1),
        "megabytes": told.get("megabytes", 0),
        "chunks": told.get("chunks", 0),
        "told": [error[:160] for error in told.get("errors", [])][:3],
    }
    return {**row, "wrong": _wrong(told, wanted)}


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
    given = parser.parse_args()
    figures = measure(given.only)
    show(figures, as_json=given.json)
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
