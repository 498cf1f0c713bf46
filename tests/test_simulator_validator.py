"""The card validator: what Feishu's pages allow is accepted, each thing they forbid has its code."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.gallery.samples import samples
from simulator import CardRejected, validate_card
from simulator.cards.schema import COMPONENTS
from tests.feishu_caller import plain_card

MARKDOWN: dict[str, Any] = {"tag": "markdown", "content": "hi"}
BUTTON: dict[str, Any] = {
    "tag": "button",
    "text": {"tag": "plain_text", "content": "Go"},
    "behaviors": [{"type": "callback", "value": {"a": 1}}],
}
SUBMIT: dict[str, Any] = {**BUTTON, "name": "send", "form_action_type": "submit"}
INPUT: dict[str, Any] = {"tag": "input", "name": "reason", "required": True}
TABLE: dict[str, Any] = {
    "tag": "table",
    "page_size": 5,
    "columns": [
        {"name": "a", "display_name": "A", "data_type": "text"},
        {"name": "n", "data_type": "number", "format": {"precision": 2}},
        {"name": "o", "data_type": "options"},
        {"name": "m", "data_type": "markdown", "width": "25%"},
    ],
    "rows": [{"a": "x", "n": 1.5, "o": [{"text": "S", "color": "red"}], "m": "**b**", "extra": 1}, {}],
}
FORM: dict[str, Any] = {"tag": "form", "name": "f", "elements": [INPUT, SUBMIT]}


def panel(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    header = {"title": {"tag": "markdown", "content": "**more**"}, **more.pop("header", {})}
    return {"tag": "collapsible_panel", "header": header, "elements": list(elements), **more}


def columns(*elements: dict[str, Any]) -> dict[str, Any]:
    column = {"tag": "column", "width": "weighted", "weight": 1, "elements": list(elements)}
    return {"tag": "column_set", "flex_mode": "flow", "columns": [column]}


def rejection(card: Any, people: frozenset[str] | None = None) -> CardRejected:
    with pytest.raises(CardRejected) as caught:
        validate_card(card, people)
    return caught.value


@pytest.mark.parametrize(
    "element",
    [
        MARKDOWN,
        {
            "tag": "div",
            "text": {"tag": "plain_text", "content": "n", "text_size": "notation", "text_color": "grey"},
        },
        {"tag": "hr", "margin": "-4px 0 4px 0px"},
        {"tag": "img", "img_key": "img_v3_02ao_9fdce3f7"},
        BUTTON,
        {
            **BUTTON,
            "confirm": {"title": {"tag": "plain_text", "content": "?"}},
            "size": "small",
            "type": "laser",
        },
        panel(MARKDOWN, panel(MARKDOWN), columns(BUTTON), expanded=False, border={"color": "grey-200"}),
        columns(BUTTON, MARKDOWN, columns(MARKDOWN)),
        TABLE,
        FORM,
        {**FORM, "elements": [INPUT, columns(SUBMIT)]},
        {"tag": "person", "user_id": "ou_1"},
        {"tag": "markdown", "content": "c", "text_size": "own"},
    ],
)
def test_what_the_pages_show_is_accepted(element: dict[str, Any]) -> None:
    style = {"text_size": {"own": {"default": "normal", "mobile": "heading"}}}
    validate_card({**plain_card(element), "config": {"style": style}})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_card_of_the_bot_is_accepted(language: str) -> None:
    for sample in samples(language):
        validate_card(sample.card, frozenset({"ou_alice", "ou_expert"}))


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ({"tag": "note", "elements": []}, 200861),
        ({"tag": "action", "actions": []}, 200861),
        ({"tag": "blink"}, 200621),
        ({"tag": "column", "elements": []}, 200621),
        ({}, 200621),
        ({**MARKDOWN, "href": {}}, 200621),
        ({"tag": "markdown"}, 200621),
        ({**MARKDOWN, "text_size": "huge"}, 200621),
        ({**MARKDOWN, "margin": "4"}, 200621),
        ({**MARKDOWN, "margin": "100px"}, 200621),
        ({**MARKDOWN, "element_id": "1st"}, 200621),
        ({**MARKDOWN, "element_id": "a" * 21}, 200621),
        ({**BUTTON, "value": {}}, 200621),
        ({**BUTTON, "type": "loud"}, 200621),
        ({**BUTTON, "text": {"tag": "plain_text", "content": "x" * 101}}, 200621),
        ({**BUTTON, "behaviors": [{"type": "callback", "value": "text"}]}, 200621),
        ({**BUTTON, "behaviors": [{"type": "open_url", "default_url": "docs/a.md"}]}, 200621),
        ({"tag": "button"}, 200621),
        (SUBMIT, 200621),
        (INPUT, 200621),
        ({**INPUT, "required": False, "max_length": 1001}, 200621),
        (panel(MARKDOWN, expand=True), 200621),
        (panel(MARKDOWN, header={"padding": "4px 8px"}), 10002),
        (panel(TABLE), 200621),
        (columns(TABLE), 200621),
        (panel(FORM), 200621),
        ({**FORM, "elements": [{"tag": "input"}, SUBMIT]}, 200530),
        ({**FORM, "elements": [INPUT, INPUT, SUBMIT]}, 200530),
        ({**FORM, "elements": [INPUT]}, 200621),
        ({**TABLE, "page_size": 11}, 200621),
        ({**TABLE, "columns": []}, 200915),
        ({**TABLE, "columns": [{"name": str(n)} for n in range(51)]}, 11310),
        ({**TABLE, "rows": [{"n": "1"}]}, 200914),
        ({**TABLE, "rows": [{"a": 1}]}, 200914),
        ({**TABLE, "rows": ["a"]}, 200621),
        ({"tag": "img", "img_key": "https://example.com/a.png"}, 200570),
        ({"tag": "person", "user_id": "Tom"}, 100290),
        (panel(panel(panel(panel(panel(panel(MARKDOWN)))))), 11310),
    ],
)
def test_each_forbidden_thing_has_its_code(element: dict[str, Any], code: int) -> None:
    assert rejection(plain_card(element)).code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("std::vector<int> x", 200621),
        ("the <unk> token", 200621),
        ("<div>\ntext\n</div>", 200621),
        ("<!-- hidden -->", 200621),
        ("<font color='red'>never closed", 200621),
        ("text</font>", 200621),
        ("[page](docs/a.md)", 200621),
        ("[page](javascript:void)", None),
        ("****bold****", 200621),
        ("- item\n  ```py\n  x\n  ```", 200621),
        ("![logo](https://example.com/a.png)", 200570),
        ("<at id=Tom></at>", 100290),
        ("<at></at>", 100290),
        ("| a |\n|---|\n| 1 |\n\n" * 5, 11310),
        ("| a |\n|---|\n| 1 |\n\n" * 4, None),
        ("`std::vector<int>` and `****`", None),
        ("```cpp\nstd::vector<int> ****x;\n```", None),
        ("1 &#60; 2 <br> <at id=all></at> <at ids=ou_1,ou_2></at>", None),
        ("<font color='red'>red <a href='https://example.com'>x</a></font>", None),
        ("# one\n\n> quote\n\n- a\n    - b\n\n~~gone~~ **bold** [x](https://example.com)", None),
    ],
)
def test_markup_that_feishu_drops_or_refuses(content: str, code: int | None) -> None:
    card = plain_card({"tag": "markdown", "content": content})
    if code is None:
        validate_card(card)
    else:
        assert rejection(card).code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema": "1.0"}, 300303),
        ({"i18n_elements": {}}, 200621),
        ({"config": {"update_multi": False}}, 300302),
        ({"config": {"wide_screen_mode": True}}, 200621),
        ({"config": {"streaming_mode": "yes"}}, 200621),
        ({"header": {"template": "blue"}}, 200621),
        ({"header": {"title": {"tag": "plain_text", "content": "x"}, "template": "pink"}}, 200621),
        ({"body": {"elements": {}}}, 200621),
        ({"body": []}, 200621),
        ({"card_link": {"url": ""}}, 200621),
    ],
)
def test_the_frame_of_a_card_is_checked(change: dict[str, Any], code: int) -> None:
    assert rejection({**plain_card(), **change}).code == code


def test_limits_of_a_whole_card() -> None:
    assert rejection({}).code == 300307
    assert rejection([]).code == 300307
    validate_card(plain_card(*({"tag": "hr"} for _ in range(200))))
    assert rejection(plain_card(*({"tag": "hr"} for _ in range(201)))).code == 300305
    assert rejection(plain_card(*(BUTTON for _ in range(101)))).code == 300305, "texts of buttons count"
    assert rejection(plain_card({"tag": "markdown", "content": "字" * 10_300})).code == 200860
    validate_card(plain_card({"tag": "markdown", "content": "字" * 10_100}))
    one = {"tag": "markdown", "content": "| a |\n|---|\n| 1 |"}
    validate_card(plain_card(*(one for _ in range(3)), TABLE, panel(one)))
    assert rejection(plain_card(*(one for _ in range(4)), TABLE, panel(one))).code == 11310


def test_ids_are_unique_over_texts_and_components() -> None:
    named = {"tag": "plain_text", "content": "x", "element_id": "same"}
    card = plain_card({"tag": "div", "text": named}, {"tag": "hr", "element_id": "same"})
    rejected = rejection(card)
    assert (rejected.code, rejected.value) == (300301, "same")


def test_people_must_exist_where_they_are_known() -> None:
    card = plain_card({"tag": "markdown", "content": "<at id=ou_1></at>"})
    validate_card(card, frozenset({"ou_1"}))
    assert rejection(card, frozenset()).code == 100290


def test_rejection_says_where() -> None:
    path = rejection(plain_card(MARKDOWN, {"tag": "note"})).path
    assert path == "ROOT -> body -> elements -> [1](tag: note)"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tag", "content", "text", "elements", "columns", "rows", "header", "name"]),
            inner,
        )
    ),
    max_leaves=12,
)
TAGGED = st.builds(
    lambda tag, more: {**more, "tag": tag},
    st.sampled_from(sorted(COMPONENTS)),
    st.dictionaries(st.sampled_from(["content", "text", "elements", "columns", "rows", "header"]), JSON),
)


@pytest.mark.slow
@given(JSON | st.builds(lambda elements: plain_card(*elements), st.lists(TAGGED, min_size=1, max_size=3)))
@settings(max_examples=150, deadline=None)
def test_any_json_is_accepted_or_rejected_and_left_alone(card: Any) -> None:
    before = copy.deepcopy(card)
    with suppress(CardRejected):
        validate_card(card)
    assert card == before


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ({**MARKDOWN, "element_id": "a\n"}, 200621),
        ({**MARKDOWN, "element_id": "a" * 21}, 200621),
        ({**MARKDOWN, "text_size": {"own": 1}}, 200621),
        ({**MARKDOWN, "content": "a\ud800"}, 200621),
        ({**MARKDOWN, "content": "```python\nx = 1"}, 200621),
        ({**MARKDOWN, "content": "- a\n\n```\nx\n~~~"}, 200621),
        ({**TABLE, "rows": [{"m": "a <unk> b"}]}, 200621),
        ({**TABLE, "rows": [{"m": "| a |\n|---|\n| b |"}]}, 200621),
        ({**TABLE, "rows": [{"m": "![x](https://a.b/c.png)"}]}, 200570),
        ({**TABLE, "rows": [{"m": "<at id=li></at>"}]}, 100290),
    ],
)
def test_what_hides_in_names_cells_and_fences(element: dict[str, Any], code: int) -> None:
    assert rejection(plain_card(element)).code == code


def test_people_in_cells_must_exist() -> None:
    card = plain_card({**TABLE, "rows": [{"m": "<at id=ou_1></at>"}]})
    validate_card(card, frozenset({"ou_1"}))
    assert rejection(card, frozenset()).code == 100290


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a card where a value stands: its holder and its key."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield node, key
        yield from places(value)


@pytest.mark.slow
@given(
    card=st.sampled_from([sample.card for sample in samples("en")]),
    wrong=JSON | st.floats() | st.text(st.characters(), max_size=3),
    place=st.integers(0, 10_000),
)
@settings(max_examples=200, deadline=None)
def test_a_card_spoilt_in_one_place_is_accepted_or_rejected(card: Any, wrong: Any, place: int) -> None:
    spoilt = copy.deepcopy(card)
    found = list(places(spoilt))
    holder, key = found[place % len(found)]
    holder[key] = wrong
    with suppress(CardRejected):
        validate_card(spoilt)
