"""The 0-10 score out of a model's reply: an expectation over probabilities, or one strictly read number.

Servers differ in how they show probabilities, so everything that looks like a number is gathered by the
bytes it stands for: InternLM2 has "10" as one token and no "▁10" piece, a sampled byte token such as
"<0x37>" is the same "7", and the sampled token itself is missing from LMDeploy's `top_logprobs`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from worker.llm import Score

SCALE = tuple(str(number) for number in range(11))
TOP_LOGPROBS = 20
"""The most that LMDeploy and OpenAI give; above it LMDeploy answers 400."""
LEAST_MASS = 0.25
"""Below this share of probability on 0 to 10 the model was about to say something else: not scored."""
ONE_NUMBER = "(10|[0-9])"
"""The grammar of a constrained reply, and what is accepted from an unconstrained one."""
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_NUMBER = re.compile(r"\A\s*+(10|[0-9])\s*+[.。]?\s*+\Z")


def first_token_probabilities(choice: Mapping[str, Any]) -> list[dict[str, float]]:
    """For each token of a chat completion's choice: numbers of the scale (and '') with their probability.

    '' gathers what was shown and is not on the scale. Empty when the server gave no probabilities.
    Raises ValueError when they are there but not as OpenAI's API describes them.
    """
    return [_gather(item) for item in _entries(choice)]


def first_token(choice: Mapping[str, Any]) -> str:
    """The sampled first token, without a word mark; '' where none is shown."""
    entries = _entries(choice)
    return str(entries[0].get("token", "")).lstrip("▁Ġ ") if entries else ""


def _entries(choice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One entry a token; also out of the older form, lists of tokens and logprobs beside one another."""
    logprobs = choice.get("logprobs")
    if not isinstance(logprobs, dict):
        return []
    content = logprobs.get("content")
    if isinstance(content, list):
        if not all(isinstance(item, dict) for item in content):
            raise ValueError("logprobs without token and logprob")
        return content
    tokens, shown, tops = (logprobs.get(name) for name in ("tokens", "token_logprobs", "top_logprobs"))
    if not isinstance(tokens, list) or not isinstance(shown, list):
        return []
    tops = tops if isinstance(tops, list) else [None] * len(tokens)
    return [_older(*item) for item in zip(tokens, shown, tops, strict=False)]


def _older(token: Any, logprob: Any, top: Any) -> Mapping[str, Any]:
    others = top.items() if isinstance(top, dict) else ()
    entries = [{"token": name, "logprob": value} for name, value in others]
    return {"token": token, "logprob": logprob, "top_logprobs": entries}


def _gather(item: Mapping[str, Any]) -> dict[str, float]:
    """The item's own token united with its `top_logprobs`; a token listed twice counts once."""
    seen: dict[str, float] = {}
    top = item.get("top_logprobs")
    for entry in (item, *(top if isinstance(top, list) else ())):
        token, logprob = (
            (entry.get("token"), entry.get("logprob")) if isinstance(entry, dict) else (None, None)
        )
        if not isinstance(token, str) or not isinstance(logprob, int | float):
            raise ValueError("logprobs without token and logprob")
        seen.setdefault(token, math.exp(min(float(logprob), 0.0)))
    gathered: dict[str, float] = {}
    for token, probability in seen.items():
        number = number_of(token)
        gathered[number] = gathered.get(number, 0.0) + probability
    return gathered


def number_of(token: str) -> str:
    """The number of the scale that a token stands for, '' for any other token.

    A leading word mark ('▁', 'Ġ' or a space) belongs to the token, not to the number.
    """
    byte = _BYTE_TOKEN.fullmatch(token)
    text = chr(int(byte.group(1), 16)) if byte else token.lstrip("▁Ġ ")
    return text if text in SCALE else ""


def expectation(positions: list[dict[str, float]], sampled: str = "") -> Score:
    """The expected number under the first token's probabilities.

    Where a tokenizer writes "10" as two tokens, `positions` has a second item; it tells the share of "1"
    that goes on to "0", but only when the `sampled` first token was "1": otherwise it speaks of another
    prefix and "1" stays 1.
    """
    if not positions:
        return Score(None, reason="the server gives no probabilities")
    numbers = {name: value for name, value in positions[0].items() if name}
    if len(positions) > 1 and sampled == "1" and "10" not in numbers and numbers.get("1"):
        zero = min(positions[1].get("0", 0.0), 1.0)
        numbers["10"] = numbers["1"] * zero
        numbers["1"] *= 1.0 - zero
    mass = min(sum(numbers.values()), 1.0)
    tokens = tuple(sorted(numbers.items(), key=lambda pair: int(pair[0])))
    if mass < LEAST_MASS:
        share = f"{100 * mass:.0f} %"
        return Score(None, mass, tokens, reason=f"only {share} of the probability is on the numbers 0 to 10")
    total = sum(numbers.values())
    return Score(sum(int(name) * value for name, value in numbers.items()) / total, mass, tokens)


def parse_reply(text: str) -> Score:
    """Reads a reply that should be one number and nothing else; prose is 'not scored', never guessed at."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return Score(None, reason="the reply is not one number from 0 to 10")
    return Score(float(found.group(1)), 1.0, ((found.group(1), 1.0),))
