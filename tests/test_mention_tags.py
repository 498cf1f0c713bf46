"""No tag that calls people gets through, whatever is nested in what, and none takes long to look for."""

from __future__ import annotations

import re

import pytest

from bot.cards.parts import card, plain
from bot.cards.plain import plain_card
from bot.markdown.dialect import without_tags
from tests.hostile_text import is_linear
from worker.pipeline.sanitise import Sanitiser

NESTED = (
    "<<at id=all></at>at id=all>",
    "<at <at id=all></at> id=all></at>",
    "<<<at id=all></at>at id=all></at>at id=all>",
    "</<at id=all>at><at id=all>",
    "< at id=all>",
    "< / at>",
    "<AT ID=all></AT>",
    "<at id=ou_1",
    "<\nat id=all>",
    "<person id='ou_1'></person>",
    "<<person id=1></person>person id=1>",
    "<user id=1>",
    "@@all @ @所有人 ＠@_all",
)
TAG = re.compile(r"<[\s/]*(?:at|person|user)\b", re.IGNORECASE)
WORD = re.compile(r"[@＠]\s*(?:_all|all\b|所有人)", re.IGNORECASE)


@pytest.mark.parametrize("text", NESTED)
def test_no_tag_is_left_anywhere(text: str) -> None:
    assert not TAG.search(without_tags(text))
    assert without_tags(without_tags(text)) == without_tags(text)
    drawn = card(f"title {text}", "blue", [], subtitle=text, tags=[(text, "blue")], summary=f"so: {text}")
    assert not TAG.search(str(drawn))
    assert not TAG.search(str(plain(text)))
    body = {
        "schema": "2.0",
        "header": {"title": {"content": text}},
        "body": {"elements": [{"content": text}]},
    }
    assert not TAG.search(str(plain_card(body)))
    said = Sanitiser((), "en").clean(f"Look: {text}. Bye")
    assert not TAG.search(said)
    assert not WORD.search(said)


@pytest.mark.parametrize("text", ["a < b and c > d", "catalog at noon", "use `x < at`?", "5 <attempts"])
def test_other_text_stays(text: str) -> None:
    assert without_tags(text).replace("<", "").split() == text.replace("<", "").split()
    assert without_tags("a < b and c > d") == "a < b and c > d"
    assert without_tags("5 <attempts") == "5 <attempts"


@pytest.mark.parametrize("piece", ["<", "</", "< ", "@", "@ ", "<at ", "<at id=all>", "<<at></at>"])
def test_looking_grows_with_the_text_and_not_faster(piece: str) -> None:
    clean = Sanitiser((), "en").clean

    def both(count: int) -> None:
        without_tags(piece * count)
        clean(piece * count)

    assert is_linear(both, 2_000)
