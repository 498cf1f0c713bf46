"""Any Markdown becomes cards that Feishu accepts, with no text lost: how often, and how fast.

Each answer of the corpus is drawn with sources and buttons and judged by the local Feishu's validator.
`accepted` is the share of answers whose cards are all accepted; `preserved` the share of which every visible
character appears, in order, in the cards. Peers get the same answers and the same judge, in two degrees:
`refused` counts answers Feishu itself refuses (too large, too many tables, web images, wrong people),
`accepted` demands besides that no markup is dropped or shown wrongly. Times are of the processor, not the
clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bench.card_peers import PEERS, Cards
from bench.markdown_shapes import Sample, corpus
from bench.visible_text import first_lost, text_of_cards, text_of_markdown
from bot.answer import Answer, CardState, Outcome, Source
from bot.cards.answer import answer_cards
from bot.cards.parts import json_bytes
from bot.cards.presses import PressSigner
from bot.cards.text import stream_text
from simulator.cards.markup import problems
from simulator.cards.validator import CardRejected, validate_card

_MARKUP = "unsupported markdown"
"""In the validator's message: markup that Feishu takes and then drops or shows wrongly."""

_SIGNER = PressSigner("benchmark")
_SOURCES = (
    Source(1, "Guide", ("Events",), "https://example.com/guide#events", excerpt="Words.", updated_at=1.7e9),
    Source(2, "指南", path="docs/zh/guide.md"),
)  # fmt: skip
_STATE = CardState(experts=("ou_expert",), can_search_web=True)


def measure(samples: Sequence[Sample]) -> dict[str, Any]:
    """All figures."""
    ours = _judged(samples, _ours)
    streamed = [list(problems(stream_text(sample.markdown))) for sample in samples]
    return {
        "answers": len(samples),
        "shapes": dict(Counter(sample.shape for sample in samples)),
        **ours,
        "stream_accepted": sum(not found for found in streamed) / len(samples),
        "ms_per_frame": _frames(samples),
        "peers": {
            "HuixiangDou (text message)": _plain_text(samples),
            **{name: _judged(samples, make) for name, make in PEERS.items()},
        },
    }


def _frames(samples: Sequence[Sample]) -> float:
    """Mean milliseconds to draw one frame of an answer that grows by 80 characters each."""
    grown = [sample.markdown for sample in samples if 1000 < len(sample.markdown) < 6000][:60]
    frames = [text[:length] for text in grown for length in range(80, len(text), 80)]
    start = time.process_time()
    for frame in frames:
        stream_text(frame)
    return round((time.process_time() - start) * 1000 / len(frames), 3)


def _ours(markdown: str) -> Cards:
    answer = Answer(
        Outcome.ANSWERED, "一个问题？", markdown, "zh", _SOURCES, "extractive", "v1", asker="ou_asker"
    )
    return answer_cards(answer, actions=_SIGNER, message_id="om_question", state=_STATE, now=1.8e9)


def _judged(samples: Sequence[Sample], make: Callable[[str], Cards]) -> dict[str, Any]:
    accepted = preserved = cards_made = largest = 0
    refusals: Counter[str] = Counter()
    times = []
    for sample in samples:
        start = time.process_time()
        cards = make(sample.markdown)
        times.append((time.process_time() - start) * 1000 / len(cards))
        cards_made += len(cards)
        largest = max(largest, *(json_bytes(card) for card in cards))
        refusal = _refusal(cards)
        refusals[refusal] += bool(refusal)
        accepted += not refusal
        preserved += first_lost(text_of_markdown(sample.markdown), text_of_cards(cards)) < 0
    wrong_markup = refusals.pop(_MARKUP, 0)
    return {
        "accepted": accepted / len(samples),
        "refused": sum(refusals.values()) / len(samples),
        "markup_dropped": wrong_markup / len(samples),
        "preserved": preserved / len(samples),
        "refusals": {name: count for name, count in refusals.most_common() if count},
        "cards": cards_made,
        "largest_card_bytes": largest,
        "ms_per_card": {
            "median": round(statistics.median(times), 3),
            "p99": round(statistics.quantiles(times, n=100)[98], 3),
        },
    }


def _refusal(cards: Cards) -> str:
    """Why the first refused card is refused, empty when none is; a refusal of Feishu's own comes first."""
    found = ""
    for card in cards:
        try:
            validate_card(card)
        except CardRejected as rejected:
            if _MARKUP not in rejected.message:
                return f"{rejected.code} {rejected.message}"
            found = _MARKUP
    return found


def _plain_text(samples: Sequence[Sample]) -> dict[str, Any]:
    """A text message shows Markdown as it is written: the share of answers that have no markup to lose."""
    bare = sum(text_of_markdown(sample.markdown) == _squeezed(sample.markdown) for sample in samples)
    too_long = sum(len(sample.markdown.encode()) > 150 * 1024 for sample in samples)
    return {"accepted": 1 - too_long / len(samples), "preserved": 1.0, "shown_as_meant": bare / len(samples)}


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _table(figures: dict[str, Any]) -> str:
    rows = [("Fennel", figures), *figures["peers"].items()]
    lines = [
        f"{figures['answers']} answers",
        f"{'':28}{'accepted':>10}{'refused':>10}{'preserved':>11}{'ms/card':>9}",
    ]
    for name, found in rows:
        refused = f"{found['refused']:.3f}" if "refused" in found else "-"
        speed = str(found["ms_per_card"]["median"]) if "ms_per_card" in found else "-"
        lines.append(f"{name:28}{found['accepted']:>10.3f}{refused:>10}{found['preserved']:>11.3f}{speed:>9}")
    return "\n".join(lines)


def main() -> None:
    """Prints one JSON object with --json, else a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    figures = measure(corpus())
    print(json.dumps(figures, ensure_ascii=False) if parser.parse_args().json else _table(figures))
    if figures["accepted"] < 1 or figures["preserved"] < 1:
        sys.exit(1)


if __name__ == "__main__":
    main()
