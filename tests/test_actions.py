"""Button values: what was signed is read back, anything else does nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.presses import Press, PressSigner, Who, may_press
from bot.dotted_paths import JobName
from bot.errors import ConfigError, UnprovenEvent
from bot.messages import SENTENCES

SIGNER = PressSigner("app-secret-of-a-test")
TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@given(kind=st.sampled_from(Press), message=TEXT, asker=TEXT, extra=st.dictionaries(st.just("n"), TEXT))
@settings(max_examples=60, deadline=None)
def test_signed_value_survives_the_way_through_feishu(
    kind: Press, message: str, asker: str, extra: dict[str, str]
) -> None:
    value = json.loads(json.dumps(SIGNER.sign(kind, message, asker, **extra)))
    press = SIGNER.read(value)
    assert (press.kind, press.message_id, press.asker, dict(press.extra)) == (kind, message, asker, extra)


@given(value=JSON)
@settings(max_examples=80, deadline=None)
def test_anything_unsigned_is_refused(value: object) -> None:
    with pytest.raises(UnprovenEvent):
        SIGNER.read(value)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "recall"},
        {"message_id": "om_other"},
        {"asker": "ou_mallory"},
        {"extra": {"reason": "x"}},
        {"mac": ""},
        {"mac": None},
        {"mac": "ü" * 32},
        {"mac": "0" * 32},
        {"more": "field"},
    ],
)
def test_a_changed_value_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnprovenEvent):
        SIGNER.read({**SIGNER.sign(Press.WHY, "om_1", "ou_asker"), **change})


def test_another_secret_does_not_verify() -> None:
    with pytest.raises(UnprovenEvent):
        PressSigner("another").read(SIGNER.sign(Press.HELPFUL, "om_1", "ou_asker"))


def test_values_that_are_not_json_are_refused() -> None:
    with pytest.raises(UnprovenEvent):
        SIGNER.read({"kind": object(), "mac": "0" * 32})


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ConfigError, match="app_secret"):
        PressSigner("")


@pytest.mark.parametrize("press", list(Press))
def test_every_press_says_who_may_and_what_is_said(press: Press) -> None:
    assert press.who in Who
    assert {press.label, press.toast} <= set(SENTENCES)
    assert press.job in JobName


@pytest.mark.parametrize(
    ("kind", "operator", "expert", "allowed"),
    [
        (Press.HELPFUL, "ou_other", False, True),
        (Press.RECALL, "ou_asker", False, True),
        (Press.RECALL, "ou_other", True, False),
        (Press.RECALL, "", False, False),
        (Press.TAKE, "ou_asker", False, False),
        (Press.TAKE, "ou_other", True, True),
        (Press.RESOLVE, "ou_asker", False, True),
        (Press.RESOLVE, "ou_other", False, False),
        (Press.WHY, "ou_other", False, True),
        (Press.WEB, "ou_other", False, True),
        (Press.ASK_HUMAN, "ou_other", False, True),
    ],
)
def test_who_may_press(kind: Press, operator: str, expert: bool, allowed: bool) -> None:
    assert may_press(kind, operator, "ou_asker", is_expert=expert) is allowed
    assert may_press(kind, operator, "ou_asker", is_expert=expert, is_admin=True)


def test_an_unknown_asker_is_nobody() -> None:
    assert not may_press(Press.WHY, "", "")
