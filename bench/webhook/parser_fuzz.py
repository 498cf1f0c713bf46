"""Throws generated payloads at the event parser: each is read as an event or refused as malformed.

Hypothesis builds them from the names that Feishu's events use, at places where they belong and where they do
not, with values of every JSON type.
"""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from bench.webhook.events import OTHER_EVENTS, question
from bot.errors import MalformedEvent
from bot.events.reader import read_event


def _names(node: object) -> set[str]:
    """Every key in a JSON tree."""
    if isinstance(node, dict):
        return set(node) | {name for value in node.values() for name in _names(value)}
    if isinstance(node, list):
        return {name for value in node for name in _names(value)}
    return set()


_NAMES = sorted(
    _names(question(0, "n")) | _names(OTHER_EVENTS) | {"type", "challenge", "uuid", "title", "tag"}
)
_TYPES = st.sampled_from(["im.message.receive_v1", *OTHER_EVENTS]) | st.text(max_size=8)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["om_1", "oc_1", "ou_1", "text", "post", "p2p", "group", "1608725989000"])
)
_JSON = st.recursive(
    _SCALARS | st.builds(json.dumps, st.dictionaries(st.sampled_from(_NAMES), _SCALARS, max_size=3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=6)
_HEADERS = st.fixed_dictionaries({"event_type": _TYPES, "event_id": _SCALARS}) | _OBJECTS
_MESSAGES = st.fixed_dictionaries(
    {
        "message_id": st.just("om_1") | _SCALARS,
        "chat_id": st.just("oc_1") | _SCALARS,
        "message_type": st.sampled_from(["text", "post", "image"]) | _SCALARS,
        "content": st.builds(json.dumps, _JSON) | _SCALARS,
        "mentions": st.lists(_OBJECTS, max_size=2) | _JSON,
        "create_time": st.just("1608725989000") | _SCALARS,
    }
)
_EVENTS = st.fixed_dictionaries({"message": _MESSAGES, "sender": _OBJECTS}) | _OBJECTS
_PAYLOADS = st.fixed_dictionaries({"schema": st.just("2.0"), "header": _HEADERS, "event": _EVENTS}) | _OBJECTS


def run_parser(inputs: int, number: int) -> dict[str, int]:
    """How many of `inputs` payloads, made from the seed `number`, were read, refused, or broke the parser."""
    counts: Counter[str] = Counter(read=0, malformed=0, broken=0)

    @seed(number)
    @settings(max_examples=inputs, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(payload=_PAYLOADS)
    def read_one(payload: dict[str, object]) -> None:
        try:
            read_event(payload)
        except MalformedEvent:
            counts["malformed"] += 1
        except Exception:
            counts["broken"] += 1
        else:
            counts["read"] += 1

    read_one()
    return dict(counts)
