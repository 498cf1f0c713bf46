"""Sentences that only say that something is going to be said, and those that say it."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.announcing import announces
from worker.finding.blocks.atoms import atoms_of
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts

ONLY = """\
How to move a lighthouse to another rock.
This page describes how you move a lighthouse.
This guide will walk you through moving a lighthouse.
In this tutorial, you will learn how to move a lighthouse.
The following sections explain how to move a lighthouse.
Learn how to move a lighthouse in ten steps.
Here's how to move a lighthouse.
The steps below show how a lighthouse is moved.
怎样把灯塔搬到另一块礁石上。
本文介绍灯塔的搬迁方法。
本页说明如何搬迁灯塔。
本教程将带你一步步搬迁灯塔。
下面介绍怎样搬迁灯塔。"""
SAYS = """\
Move the lighthouse with `tower move`.
This page is printed on every lamp.
In this guide we trust: lift the tower first.
Lighthouses are moved by ship.
How to move it is told on page 4; lift the tower first. Then row.
这座灯塔用船搬迁。
先切断电源，再搬迁灯塔。
本页的开关控制灯塔。"""


def _announces(text: str) -> bool:
    (atom,) = atoms_of(text)
    return announces(atom)


@pytest.mark.parametrize("text", ONLY.splitlines())
def test_what_only_announces(text: str) -> None:
    assert _announces(text)


@pytest.mark.parametrize("text", SAYS.splitlines())
def test_what_says_something(text: str) -> None:
    assert not all(_announces(atom.text) for atom in atoms_of(text))


@pytest.mark.parametrize(
    ("question", "intro", "steps"),
    [
        (
            "How do I move the lighthouse to another rock?",
            "How to move the lighthouse to another rock.",
            "1. Cut the power.\n2. Lift the tower.\n3. Row.",
        ),
        (
            "怎样把灯塔搬到另一块礁石上？",
            "本页介绍怎样把灯塔搬到另一块礁石上。",
            "1. 切断电源。\n2. 吊起塔身。\n3. 划船。",
        ),
    ],
)
def test_who_asks_how_is_shown_the_steps_and_not_that_they_are_told(
    question: str, intro: str, steps: str
) -> None:
    head = Excerpt(1, "Lighthouse", intro, ("Lighthouse",), path="a.md")
    below = Excerpt(2, "Lighthouse", steps, ("Lighthouse", "Steps"), path="a.md")
    shown = [quote.text for quote in quotes_of(read_excerpts(question, [head, below], None))]
    assert shown == [steps]


def test_a_page_with_nothing_but_an_announcement_is_quoted_all_the_same() -> None:
    head = Excerpt(1, "Lighthouse", "This page describes how to move the lighthouse.", ("Lighthouse",))
    assert quotes_of(read_excerpts("How do I move the lighthouse?", [head], None))
