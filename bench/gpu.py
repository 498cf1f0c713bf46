"""TurboMind on a real GPU: does `score` give a planted expectation, and does our client keep the GPU as full.

1. A small InternLM2-shaped checkpoint with a planted first-token distribution is made, loaded by LMDeploy's
   api_server and scored through Fennel's client: `score_error` is the distance to the planted expectation
   (bar 0.05).
2. One of InternLM2-7B's shape with random weights: answers/s and time to first token through Fennel's
   client and through the openai package on the same kind of prompts, in turns in the same run: `ratio`
   (bar 0.95). Then the same with the prefix cache off.

Needs a GPU, lmdeploy, torch, openai and InternLM2's tokenizer.model. On a machine that cannot reach a
package index, `bench.turbomind.bare` runs this over what `bench.turbomind.carry` packed elsewhere.
Without a GPU it says so and measures nothing; `--dry-run` then checks everything up to the GPU: the planted
checkpoint by computing its first token here, and the measuring itself against a stand-in server.

    python -m bench.gpu [--dry-run] [--tokenizer FILE] [--model FOLDER] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.turbomind.checkpoint import expected_score, first_token, planted, random_weights
from bench.turbomind.load import Load, compare
from bot.config.settings import LLMSettings, Settings, WorkerSettings
from worker.engines.openai.engine import open_engine
from worker.engines.turbomind.gpu import GraphicsCard, graphics_cards
from worker.engines.turbomind.launch import command, environment, server_plans
from worker.engines.turbomind.model_shapes import SHAPES
from worker.llm import ChatMessage

ROOT = Path(__file__).resolve().parents[1]
TOKENIZER = ROOT.parent / "shared" / "data" / "internlm2" / "tokenizer.model"
MODEL = "internlm2-chat-7b"
LOAD_SECONDS = 240.0
QUESTIONS = ("如何安装？", "How do I install it?", "Which port does it use?", "显存不够怎么办？")
SMALL = Load(questions=24, concurrency=8, material_sentences=8, answer_tokens=16)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dry-run", action="store_true", help="everything up to the GPU, against a stand-in")
    parser.add_argument("--tokenizer", type=Path, default=TOKENIZER)
    parser.add_argument("--model", default="", help="a real model folder instead of random weights")
    parser.add_argument("--questions", type=int, default=256)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    cards = graphics_cards()
    if not cards and not given.dry_run:
        _print({"skipped": "no GPU is visible; --dry-run checks everything up to it"}, given.json)
        return
    if not given.tokenizer.is_file():
        _print(
            {"skipped": f"no tokenizer at {given.tokenizer}; name InternLM2's with --tokenizer"}, given.json
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = dry_run(Path(folder), given) if given.dry_run else measure(Path(folder), cards[0], given)
    _print(figures, given.json)


def measure(folder: Path, card: GraphicsCard, given: argparse.Namespace) -> dict[str, Any]:
    """The real thing, on `card`."""
    figures: dict[str, Any] = {"card": card.name, "total_gib": round(card.total_bytes / 2**30, 1)}
    planted(folder / "planted", given.tokenizer)
    with server(folder / "planted", card, folder) as (url, seconds):
        figures["planted_load_seconds"] = round(seconds, 1)
        figures |= scored(url)
    _tell(figures)
    load = Load(questions=given.questions, concurrency=given.concurrency)
    shaped = Path(given.model) if given.model else folder / "shaped"
    if not given.model:
        random_weights(shaped, SHAPES["internlm2-7b"], given.tokenizer, "cuda")
        _free_torch_memory()
    for name, caching in (("prefix_cache", True), ("no_prefix_cache", False)):
        with server(shaped, card, folder, concurrency=given.concurrency, caching=caching) as (url, seconds):
            figures["load_seconds"] = round(seconds, 1)
            figures[name] = compare(url, MODEL, load, given.rounds, name)
        _tell(figures)
    figures["ratio"] = figures["prefix_cache"]["ratio"]
    figures["weights"] = given.model or "random, of InternLM2-7B's shape"
    return figures


def dry_run(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Checkpoint, command line and measuring, without a GPU."""
    import sentencepiece

    planted(folder / "planted", given.tokenizer)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(given.tokenizer))
    shares = first_token(folder / "planted", processor.encode("\n")[-1])
    numbers = {processor.piece_to_id(str(number)): number for number in range(11)}
    mass = sum(share for token, share in shares.items() if token in numbers)
    value = sum(numbers[token] * share for token, share in shares.items() if token in numbers) / mass
    card = GraphicsCard(0, "none", 80 << 30, 79 << 30, 9.0)
    line, _ = _command(folder / "planted", card, given.concurrency, True)
    with _stand_in() as url:
        measured = compare(url, MODEL, SMALL, 1, "dry run")
    return {
        "dry_run": True,
        "planted_expectation": round(expected_score()[0], 4),
        "computed_expectation": round(value, 4),
        "computed_mass": round(mass, 4),
        "planted_mass": round(expected_score()[1], 4),
        "command": " ".join(line[1:]),
        "stand_in": measured,
    }


def scored(url: str) -> dict[str, Any]:
    """Scores of a few prompts; all must be the planted expectation."""
    engine = open_engine(Settings(llm=LLMSettings(model=MODEL)), (url,))
    try:
        scores = [engine.score([_user(question)]) for question in QUESTIONS]
        reply = "".join(engine.stream([_user(QUESTIONS[0])], max_tokens=8))
    finally:
        engine.close()
    wanted, mass = expected_score()
    errors = [abs(score.value - wanted) if score.value is not None else 10.0 for score in scores]
    return {
        "planted_expectation": round(wanted, 4),
        "scores": [score.value for score in scores],
        "score_error": round(max(errors), 4),
        "planted_mass": round(mass, 4),
        "masses": [round(score.mass, 4) for score in scores],
        "greedy_reply": reply,
    }


@contextmanager
def server(
    model: Path, card: GraphicsCard, folder: Path, *, concurrency: int = 16, caching: bool = True
) -> Iterator[tuple[str, float]]:
    """LMDeploy's api_server on `card`; yields its URL and the seconds it took to load."""
    line, port = _command(model, card, concurrency, caching)
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            line, stdout=output, stderr=subprocess.STDOUT, env=environment(LLMSettings(), card)
        )
    began = time.monotonic()
    try:
        while not _healthy(port):
            if process.poll() is not None or time.monotonic() - began > LOAD_SECONDS:
                raise SystemExit(f"the server did not start:\n{log.read_text(encoding='utf-8')[-4000:]}")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", time.monotonic() - began
    finally:
        process.terminate()
        process.wait(60)


def _command(model: Path, card: GraphicsCard, concurrency: int, caching: bool) -> tuple[list[str], int]:
    """What the worker itself would run, the prefix cache taken off where asked."""
    port = free_port()
    llm = LLMSettings(model=str(model), port=port, max_batch_size=concurrency)
    settings = Settings(llm=llm, worker=WorkerSettings(concurrency=concurrency))
    (plan,) = server_plans(settings, (card,))
    line = command(llm, plan)
    line[line.index("--model-name") + 1] = MODEL
    if os.environ.get("LMDEPLOY_MODULE"):  # unpacked packages have no lmdeploy program
        line[:1] = [sys.executable, "-m", "lmdeploy"]
    return [part for part in line if caching or part != "--enable-prefix-caching"], port


@contextmanager
def _stand_in() -> Iterator[str]:
    port = free_port()
    line = [sys.executable, "-m", "tests.openai_server", "--port", str(port), "--latency", "0.2"]
    line += ["--capacity", "8", "--reply", "word " * 16, "--pieces", "16", "--model", MODEL]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while not _healthy(port):
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _free_torch_memory() -> None:
    import torch

    torch.cuda.empty_cache()


def _user(text: str) -> ChatMessage:
    return {"role": "user", "content": text}


def _tell(figures: dict[str, Any]) -> None:
    """What is known so far, to stderr: a lent machine may be taken back before the end."""
    print(json.dumps(figures, ensure_ascii=False), file=sys.stderr, flush=True)


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
