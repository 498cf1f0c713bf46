"""Commands in several blocks: whole where there is room, else with a sign, and one way of several."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.asked import read_question
from worker.finding.quote import Quote
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts


def code(*lines: str) -> str:
    return "\n".join(["```sh", *lines, "```"])


def quote(question: str, text: str, heading: str = "Upgrade the lantern") -> Quote:
    return quotes_of(read_excerpts(question, [Excerpt(1, "Lantern", text, ("Lantern", heading))], None))[0]


UNPACK = code("cd /opt", *(f"wget https://lamps.example/{part}-of-the-archive.tgz" for part in "abcd"))
UPGRADE = code("./lantern.sh upgrade", "./lantern.sh start")


@pytest.mark.parametrize("question", ["How do I upgrade the lantern?", "how to upgrade lantern"])
def test_what_is_run_before_is_shown_with_it(question: str) -> None:
    text = quote(question, f"{UNPACK}\n\n{UPGRADE}").text
    assert text.index("cd /opt") < text.index("./lantern.sh upgrade")


def test_of_several_ways_one_is_shown_before_it() -> None:
    far, near = UNPACK.replace("lamps", "far"), UNPACK.replace("lamps", "near")
    page = f"Mainland\n\n{far}\n\nIsland\n\n{near}\n\n{UPGRADE}"
    text = quote("How do I upgrade the lantern?", page).text
    assert ("far.example" in text) is not ("near.example" in text)
    for way, shown, other in [("mainland", "far", "near"), ("island", "near", "far")]:
        text = quote(f"How do I upgrade the lantern on the {way}?", page).text
        assert f"{shown}.example" in text
        assert f"{other}.example" not in text
        assert f"**{way.capitalize()}**" in text


def test_a_command_that_starts_here_is_shown_with_the_way_here() -> None:
    page = f"{code('cd /opt/lantern')}\n\n{UPGRADE}"
    assert "cd /opt/lantern" in quote("command to start lantern.sh again", page, "Maintenance").text


def test_commands_that_have_no_room_are_told_by_a_sign() -> None:
    long = code(*(f"wget https://lamps.example/part-{part}-of-the-long-archive.tgz" for part in range(20)))
    text = quote("How do I upgrade the lantern?", f"{long}\n\n{UPGRADE}\n\n{code('lantern check')}").text
    assert text.startswith("…\n\n")
    assert "./lantern.sh upgrade" in text


def test_commands_that_are_left_out_between_others_are_told_by_a_sign() -> None:
    long = code(*(f"wget https://lamps.example/part-{part}-of-the-long-archive.tgz" for part in range(20)))
    page = f"{code('cd /opt/lantern')}\n\n{long}\n\n{UPGRADE}"
    text = quote("How do I upgrade the lantern?", page).text
    assert text.index("cd /opt/lantern") < text.index("…") < text.index("./lantern.sh upgrade")


def test_who_asks_for_one_command_of_many_is_not_shown_the_others() -> None:
    page = "\n\n".join(
        f"{what}:\n\n{code(f'lantern {word} --now --with all the oil that is left in it')}"
        for what, word in [
            ("Trim the wick", "trim"),
            ("Polish the glass", "polish"),
            ("Wind the clock", "wind"),
        ]
    )
    text = quote("how is the glass polished", page, "Commands").text
    assert "lantern polish" in text
    assert "…" not in text


def test_who_asks_for_a_command_by_this_word_is_shown_one() -> None:
    talk = "Commands that are needed to light the harbour lantern are in the requirements of the harbour."
    config = "```yaml\nharbour: lantern\nlight: by hand\n```"
    sections = [
        ("Light the harbour lantern", f"{talk} The harbour lantern can be lit by a command or by hand."),
        ("Lantern", f"{config}\n\n{'It takes a while. ' * 40}\n\n{code('beacon ignite lantern --now')}"),
    ]
    pages = [
        Excerpt(at, "Harbour", text, ("Harbour", heading)) for at, (heading, text) in enumerate(sections, 1)
    ]
    quotes = quotes_of(read_excerpts("command to light the harbour lantern", pages, None))
    assert "beacon ignite" in quotes[0].text


@pytest.mark.parametrize(("name", "idf"), [("BeaconHub", 1.2), ("beacon-hub", 1.2)])
def test_a_name_of_the_documents_own_tells_no_more_than_one_word(name: str, idf: float) -> None:
    def rare(word: str) -> float:
        return 4.0 if word == "update" or word.startswith("updat") else idf

    asked = read_question(f"how do I update {name}?", rare, lambda _: True)
    own = sum(weight for word, weight in asked.weights.items() if not word.startswith("updat"))
    assert own <= idf
    assert not asked.names
    assert read_question(f"how do I update {name}?", lambda _: 4.0, lambda _: True).names
