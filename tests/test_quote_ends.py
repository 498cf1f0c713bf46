"""Quotes are not cut where what stands right above or below is needed to understand them."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.blocks.atoms import atoms_of
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts

FILLER = "The keeper writes down in the book of the tower what was done that day, by whom and when. " * 5


def quoted(question: str, text: str, heading: str = "Oil") -> str:
    page = Excerpt(1, "Lamp", text, ("Lamp", heading))
    return "\n\n".join(one.text for one in quotes_of(read_excerpts(question, [page], None)))


def test_what_a_piece_points_back_at_is_shown_above_it() -> None:
    steps = "1. Shut the valve of the tank.\n2. Swap both of the wicks.\n3. Open the valve again."
    back = "By doing this, you are able to change wicks while the lamp of the harbour stays lit all night."
    text = quoted("can I change wicks while the lamp stays lit", f"{FILLER}\n\n{steps}\n\n{back} {FILLER}")
    assert text.index("Swap both of the wicks") < text.index("By doing this")


@pytest.mark.parametrize(
    "said", ["Most lamps take all these oils", "All lamps take those three kinds of oils"]
)
def test_a_list_is_shown_above_a_sentence_that_points_at_its_items(said: str) -> None:
    kept = (
        "is kept in cans of tin below the stairs, where nobody walks who does not have the key of the house"
    )
    listed = "\n".join(
        f"- {oil} {kept}, and {oil} is bought in spring" for oil in ("rapeseed", "whale", "train")
    )
    asked = "do lamps of the second kind with the wide burner take oil in winter"
    below = f"{said}, and lamps of the second kind with the wide burner take them in winter too."
    assert quoted(asked, f"{FILLER}\n\n{listed}\n\n{below}\n\n{FILLER}").count("in spring") == 3
    other = below.replace("all these", "all").replace("those three kinds of oils", "oil")
    assert quoted(asked, f"{FILLER}\n\n{listed}\n\n{other}\n\n{FILLER}").count("in spring") < 3


def test_a_title_stands_with_its_text_and_with_the_warning_in_it() -> None:
    said = "The lamp cannot be lit by day, so wait for the evening bell."
    box = (
        "Lighting the lamp by day all the same\n\nTurn the red key. However, it may crack the glass for good."
    )
    text = quoted("can the lamp be lit by day", f"{said}\n\n{box}\n\n{FILLER}")
    assert ("all the same" in text) == ("may crack the glass" in text) == ("red key" in text)
    assert "red key" in text


def test_a_cure_below_what_an_error_means_is_shown() -> None:
    log = "```\n" + "lamp: at burner 7 of the tower\n" * 12 + "lamp: wick jammed in sleeve\n```"
    means = "This error says that the wick is jammed in its sleeve, mostly after a night of storm. "
    cure = "You can fix this by adding a drop of oil to the sleeve and turning the wheel twice."
    text = quoted("error: wick jammed in sleeve, how to fix it", f"{log}\n\n{means}\n\n{cure}\n\n{FILLER}")
    assert "a drop of oil" in text


def test_who_asks_how_is_shown_the_instructions_below_the_head() -> None:
    head = "Rapeseed oil is taken by lamps of the second kind, which all have the wide burner. " * 2
    first = "First, you need to empty the tank. " + "The old oil goes to the harbour office in cans. " * 4
    then = "You also need to widen the wick. " + "It is cut to the width of the mark on the sleeve. " * 3
    page = f"{head}\n\n{first}\n\n{then}\n\n{FILLER}"
    text = quoted("how do I set up a lamp for rapeseed oil", page, "Setting up a lamp for rapeseed oil")
    assert "empty the tank" in text
    assert "widen the wick" in text


def test_a_name_in_a_list_of_its_own_stands_over_the_paragraph_below() -> None:
    text = "- **WICK_JAMMED**\n\nIt does not move.\n\n- `OIL_OUT`\n\nThe tank is dry.\n\n- **LAST**"
    found = atoms_of(text)
    assert [(one.heading, one.text) for one in found[:2]] == [
        ("WICK_JAMMED", "It does not move."),
        ("OIL_OUT", "The tank is dry."),
    ]
    assert found[2].text == "- **LAST**"


@pytest.mark.parametrize(("begins", "whole"), [("Start by making", True), ("Some keepers like", False)])
def test_the_first_of_several_things_to_do_is_not_shown_alone(begins: str, whole: bool) -> None:
    copies = "\n".join(f"./tower copy --book {n} --to /srv/copies/of-the-tower/{n}.book" for n in range(6))
    first = f"{begins} a copy of the books of all keepers:\n\n```sh\n{copies}\n```"
    change = (
        "- to change the kind of oil (e.g. from whale to train), edit `tower/lamp.cfg` accordingly.\n"
        "- if you take another barrel of train oil, you may empty the old barrel and begin a new one "
        "(carry the old barrel down if it stands on the stairs)."
    )
    last = "Bring back the books of all keepers from the copy:\n\n```sh\n./tower restore --all --now\n```"
    text = f"{first}\n\nChange what burns:\n{change}\n\n{last}"
    assert ("restore" in quoted("move from whale to train", text)) is whole
