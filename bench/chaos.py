"""Exactly one answer, whatever dies: many messages while processes are killed and Feishu misbehaves.

Each seed is a run of its own (bench/attack): messages in threads of several groups, each pushed one to four
times. At the end every message must have exactly one final card, in order within its thread.

    python -m bench.chaos [--seeds 20] [--first 1] [--messages 300] [--into FILE] [--json]

Twenty seeds take about half an hour; with --into they can be run in pieces that add up in a file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.attack.bot import VICTIMS, build_index
from bench.attack.verdict import Report, run


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
        "kills": {name: sum(one["kills"][name] for one in runs) for name in VICTIMS},
        "runs": sorted(runs, key=lambda one: int(one["seed"])),
    }


def main() -> None:
    """Runs the seeds and prints what came of each; fails when any message was lost, doubled or misplaced."""
    parser = argparse.ArgumentParser(description="Exactly one answer, whatever dies")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--into", type=Path, help="a file that keeps the seeds of several runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    kept = json.loads(options.into.read_text())["runs"] if options.into and options.into.exists() else []
    runs = {one["seed"]: one for one in kept}
    with tempfile.TemporaryDirectory(prefix="fennel-chaos-index-") as folder:
        index = build_index(Path(folder))
        for seed in range(options.first, options.first + options.seeds):
            report = run(index, seed, options.messages)
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


def _line(report: Report) -> str:
    return (
        f"seed {report.seed}: {'good' if report.good else 'BAD'}; "
        f"{report.answered_once}/{report.messages} once, "
        f"lost {len(report.lost)} ({len(report.given_up)} of them never taken), "
        f"doubled {len(report.doubled)}, out of order {len(report.out_of_order)}, {report.pushes} pushes, "
        f"{report.faults} faults, kills {report.kills}, {report.seconds} s"
    )


if __name__ == "__main__":
    main()
