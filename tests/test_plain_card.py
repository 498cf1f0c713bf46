"""The plain card keeps all text and nothing that can be refused."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.plain import lesser_cards, plain_card
from simulator import validate_card


def card(*elements: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "streaming_mode": True},
        "header": {"title": {"tag": "plain_text", "content": "Title"}, "template": "green"},
        "body": {"elements": list(elements)},
    }


def contents(plain: dict[str, Any]) -> list[str]:
    return [element["content"] for element in plain["body"]["elements"]]


def test_components_become_markdown_in_reading_order() -> None:
    plain = plain_card(
        card(
            {"tag": "markdown", "content": "First <at id=ou_1></at> ![figure](https://example.com/a.png)"},
            {
                "tag": "table",
                "columns": [{"name": "a", "display_name": "A"}, {"name": "b", "display_name": "B"}],
                "rows": [{"a": "1", "b": "2"}],
            },
            {
                "tag": "collapsible_panel",
                "header": {"title": {"tag": "plain_text", "content": "More"}},
                "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": "Inside"}}],
            },
            {"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "hr"}]}]},
            {"tag": "button", "text": {"tag": "plain_text", "content": "Press"}},
        )
    )
    assert contents(plain) == ["First  figure", "```\nA | B\n1 | 2\n```", "More", "Inside"]
    assert plain["header"]["title"]["content"] == "Title"
    validate_card(plain)


def test_markdown_tables_become_fenced_text_and_fences_stay() -> None:
    text = "Before\n| a | b |\n|---|---|\n| 1 | 2 |\nAfter\n```\n| x |\n|---|\n```"
    plain = contents(plain_card(card({"tag": "markdown", "content": text})))[0]
    assert plain == "Before\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\nAfter\n```\n| x |\n|---|\n```"


def test_only_what_feishu_takes_for_code_may_hold_a_tag() -> None:
    tag = "<at id=all></at>"
    for text in (
        f"~~~\nx {tag}",
        f"- ```\n  x {tag}\n  ```",
        f"    ```\n    x {tag}\n    ```",
        f"````\n```\n{tag}\n",
    ):
        assert "<at" not in contents(plain_card(card({"tag": "markdown", "content": text})))[0]
    code = f"~~~~sh\n~~~\necho '{tag}' > ![x](y)\n~~~~"
    shown = contents(plain_card(card({"tag": "markdown", "content": code})))[0]
    assert shown.replace("\u200b", "") == code
    assert "<at" not in shown


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab |-\n`<!>[]()", max_size=60), min_size=1, max_size=250))
def test_many_elements_become_few_without_losing_letters(texts: list[str]) -> None:
    plain = plain_card(card(*({"tag": "markdown", "content": text} for text in texts)))
    assert len(plain["body"]["elements"]) <= 100
    kept = "".join(contents(plain)).replace("`", "")
    letters = [letter for text in texts for letter in text if letter in "ab"]
    assert len([letter for letter in kept if letter in "ab"]) <= len(letters)


def test_a_card_refused_for_a_mention_keeps_its_buttons() -> None:
    """Whoever is named in the settings may have left: Feishu then refuses the whole card."""
    card = {
        "schema": "2.0",
        "body": {
            "elements": [
                {"tag": "markdown", "content": "<at id=ou_gone></at> please judge"},
                {"tag": "button", "text": {"tag": "plain_text", "content": "Keep"}},
            ]
        },
    }
    quiet, plain = lesser_cards(card)
    assert "ou_gone" not in str(quiet)
    assert "Keep" in str(quiet)
    assert "Keep" not in str(plain)
    assert len(lesser_cards(quiet)) == 1
