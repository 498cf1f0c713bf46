"""What the answerer with no model quotes where the pipeline has not chosen.

That is so for pages of the web. The same reading is used as for the documents, without what only an index
knows of them; a bar that needs no index keeps out what is about something else.
"""

from __future__ import annotations

import math

from index.text.chinese import count_chinese
from worker.finding.features import FEATURES
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.prompts import Prompt, Quotes

LEAST_WORDS = 0.3
"""The best atom and its headings must have this share of the question's words, by weight."""
_WORDS = FEATURES.index("all_words")


def estimate_tokens(text: str) -> int:
    """Tokens of a text where no tokenizer is at hand, rather too many than too few."""
    chinese = count_chinese(text)
    return chinese + math.ceil((len(text) - chinese) / 3)


def choose(prompt: Prompt, least: float = LEAST_WORDS) -> Quotes:
    """Numbers of excerpts and what of each answers best, the best first; none when none fits.

    The best must have `least` of the question's words, by weight, with its headings.
    """
    reading = read_excerpts(prompt.question, prompt.excerpts, prompt.similarity)
    if not any(candidate.numbers[_WORDS] >= least for candidate in reading.candidates[:3]):
        return ()
    return [(quote.excerpt.number, quote.text) for quote in quotes_of(reading)]
