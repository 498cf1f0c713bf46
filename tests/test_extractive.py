"""The answerer with no model: what it quotes, what it leaves out, when it has nothing to say."""

from __future__ import annotations

import re

import pytest

from bot.errors import EngineRefused
from worker.engines.extractive.engine import WORD_JOINER, Extractive
from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.pipeline.verify import Verifier
from worker.prompts import NOT_FOUND, Prompt, Prompts

INSTALL = """Fennel runs on Linux and macOS and installs in two ways.

- [Requirements](#requirements)
- [From source](#from-source)

## Requirements

Python 3.11 or newer.

## From source

Install Fennel from source like this:

```bash
git clone https://example.org/fennel
make setup
```
"""
HISTORY = "Fennel was first shown in spring. It is named after a plant."


def prompt(question: str, *texts: str, language: str = "en") -> Prompt:
    excerpts = [Excerpt(number, f"Page {number}", text) for number, text in enumerate(texts, start=1)]
    return Prompts(question, excerpts, language).answer()


def answer(question: str, *texts: str, language: str = "en") -> str:
    return "".join(Extractive().stream(prompt(question, *texts, language=language)))


def test_a_how_question_is_answered_with_the_command() -> None:
    said = answer("How do I install Fennel from source?", INSTALL, HISTORY)
    assert "git clone" in said
    assert "[1]" in said


def test_it_says_that_it_quotes_in_the_language_asked() -> None:
    assert answer("How do I install Fennel?", INSTALL).startswith("Quoted from the documents")
    assert answer("怎么安装 Fennel？", INSTALL, language="zh").startswith("以下引用自文档原文")


def test_a_table_of_contents_is_never_quoted() -> None:
    assert "(#requirements)" not in answer("How do I install Fennel?", INSTALL)


def test_every_quoted_line_stands_in_the_document() -> None:
    for _, text in choose(prompt("How do I install Fennel from source?", INSTALL)):
        lines = [line.strip("* ") for line in text.splitlines() if line.strip()]
        assert all(line in INSTALL for line in lines)


OPTIONS = "option\n" * 400
LONG = (
    f"## Options\n\nThe server takes options. {'Each option is a word. ' * 8}\n\n"
    f"The options are set as follows:\n\n```\n{OPTIONS}\n```\n"
)


def test_what_is_too_long_is_left_out_whole_and_nothing_ends_in_the_middle() -> None:
    ((_, text),) = choose(prompt("Which options does the server take?", LONG))
    assert text.rstrip().endswith("Each option is a word.")
    assert "……" not in text


def test_it_says_nothing_where_the_documents_were_read_and_do_not_answer() -> None:
    excerpts = [Excerpt(1, "Page", INSTALL)]
    judged = Prompts("How do I install Fennel?", excerpts, "en", quotes=()).answer()
    assert "".join(Extractive().stream(judged)) == NOT_FOUND


def test_it_quotes_what_the_documents_were_found_to_say_as_it_stands() -> None:
    excerpts = [Excerpt(1, "Page", INSTALL), Excerpt(2, "Other", HISTORY)]
    quotes = [(2, "It is named after a plant.")]
    judged = Prompts("How do I install Fennel?", excerpts, "en", quotes=quotes).answer()
    said = "".join(Extractive().stream(judged))
    assert said.endswith("**Other** [2]\n\nIt is named after a plant.\n\n")
    assert "make setup" not in said


def test_nothing_in_common_means_not_found() -> None:
    assert answer("Which wine goes with roasted duck?", HISTORY) == NOT_FOUND


def test_no_material_means_not_found() -> None:
    assert answer("How do I install Fennel?") == NOT_FOUND


def test_it_does_not_pretend_to_score() -> None:
    score = Extractive().score(prompt("How do I install Fennel?", INSTALL))
    assert score.value is None
    assert "no model" in score.reason


def test_a_free_prompt_is_refused() -> None:
    with pytest.raises(EngineRefused):
        Extractive().stream([{"role": "user", "content": "Tell me a story"}])


def test_numbers_in_brackets_of_a_page_stay_and_cite_nothing() -> None:
    log = (
        "The lamp logs `Lamp:[7] lit` or Lamp:[76] - oil is low; the oils [1] to [9] burn well, see oils[0]."
    )
    written = answer("what does the lamp log when its oil is low", log)
    checked = Verifier("what does the lamp log", [Excerpt(1, "Lamp", log)], None).verify(written)
    assert checked.cited == [1]
    assert log in checked.text.replace(WORD_JOINER, "")
    assert not re.search(r"Lamp:\[76\]|oils\[0\]| \[9\]|oils \[1\]", checked.text)
