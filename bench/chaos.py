"""Exactly one answer, whatever dies: many messages while processes are killed and Feishu misbehaves.

Each seed is a run of its own (bench/attack): messages in threads of several groups, each pushed one to four
times. At the end every message must have exactly one final card, in order within its thread.

    python -m bench.chaos [--long] [--seeds 20] [--first 1] [--messages 300] [--into FILE] [--json]

With --long each seed also goes through Feishu away for 5 to 30 minutes (of a clock that is turned), Redis
emptied, the published index damaged, the disk full and a burst of one group, while parts go on being killed;
`--messages` are then said before and during each (6 unless said otherwise).

Twenty seeds take about half an hour; with --into they can be run in pieces that add up in a file. What came
of them is in bench/results/chaos.json and, with long faults, in chaos_long.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.attack.bot import VICTIMS, build_index
from bench.attack.long_faults import KINDS
from bench.attack.verdict import Report, run
from bot.config.ending import end_as_by_keyboard

DISK_MEGABYTES = 300
"""Of one run's disk: the index, Redis and the logs need a third of it."""


def total(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The counts over all seeds, with what came of each."""
    return {
        "seeds": len(runs),
        "seeds_good": sum(one["good"] for one in runs),
        "messages": sum(one["messages"] for one in runs),
        "answered_once": sum(one["answered_once"] for one in runs),
        "lost": sum(len(one["lost"]) for one in runs),
        "given_up": sum(len(one.get("given_up", [])) for one in runs),
        "doubled": sum(len(one["doubled"]) for one in runs),
        "out_of_order": sum(len(one["out_of_order"]) for one in runs),
        "failed_cards": sum(one["failed_cards"] for one in runs),
        "pushes": sum(one["pushes"] for one in runs),
        "faults": sum(one["faults"] for one in runs),
        "long_faults": {name: sum(one.get("long_faults", {}).get(name, 0) for one in runs) for name in KINDS},
        "away_minutes": round(sum(one.get("away_seconds", 0.0) for one in runs) / 60, 1),
        "kills": {name: sum(one["kills"][name] for one in runs) for name in VICTIMS},
        "runs": sorted(runs, key=lambda one: int(one["seed"])),
    }


def main() -> None:
    """Runs the seeds and prints what came of each; fails when any message was lost, doubled or misplaced."""
    parser = argparse.ArgumentParser(description="Exactly one answer, whatever dies")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--messages", type=int, default=0, help="default 300, with --long 6")
    parser.add_argument("--long", action="store_true", help="long faults, too")
    parser.add_argument("--into", type=Path, help="a file that keeps the seeds of several runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    end_as_by_keyboard()
    kept = json.loads(options.into.read_text())["runs"] if options.into and options.into.exists() else []
    runs = {one["seed"]: one for one in kept}
    with tempfile.TemporaryDirectory(prefix="fennel-chaos-index-") as folder:
        index = build_index(Path(folder))
        messages = options.messages or (6 if options.long else 300)
        for seed in range(options.first, options.first + options.seeds):
            report = run_seed(index, seed, messages, long_faults=options.long)
            runs[seed] = {**asdict(report), "good": report.good}
            if options.into:
                options.into.write_text(json.dumps(total(list(runs.values()))) + "\n")
            if not options.json:
                print(_line(report), flush=True)
    figures = total(list(runs.values()))
    if options.json:
        print(json.dumps(figures))
    else:
        print({name: value for name, value in figures.items() if name != "runs"})
    sys.exit(figures["seeds_good"] < figures["seeds"])


def run_seed(index: Path, seed: int, messages: int, *, long_faults: bool) -> Report:
    """One seed, over an index of its own and on a small disk of its own where its faults need them."""
    if not long_faults:
        return run(index, seed, messages)
    with small_disk(DISK_MEGABYTES) as folder:
        own = folder / "index"
        shutil.copytree(index, own)
        return run(own, seed, messages, folder, long_faults=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A folder on a file system of so many megabytes in memory. Needs Linux and the right to mount."""
    with tempfile.TemporaryDirectory(prefix="fennel-chaos-disk-") as folder:
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "fennel-chaos", folder]
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"error: a disk that fills up needs the right to mount: {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def _line(report: Report) -> str:
    return (
        f"seed {report.seed}: {'good' if report.good else 'BAD'}; "
        f"{report.answered_once}/{report.messages} once, "
        f"lost {len(report.lost)} ({len(report.given_up)} of them never taken), "
        f"doubled {len(report.doubled)}, out of order {len(report.out_of_order)}, {report.pushes} pushes, "
        f"{report.faults} faults, kills {report.kills}, "
        f"{report.long_faults or ''} {report.away_seconds / 60:.0f} min away, {report.seconds} s"
    )


if __name__ == "__main__":
    main()
