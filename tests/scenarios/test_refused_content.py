"""Feishu does not take what an answer says: its asker is told so, once, and it is listed."""

from __future__ import annotations

import pytest

from bot.queue import dead_letters
from tests.house import House, until, words

pytestmark = pytest.mark.slow

REFUSALS = 4
"""Of the answer and of the same as plain text, by the job and by the one that tells of its end."""


@pytest.mark.parametrize("code", [230022, 230028, 230099])
def test_refused_words_end_in_a_sentence_that_says_so(house: House, code: int) -> None:
    house.feishu.faults.add(code, on="cards.update", times=REFUSALS)
    asked = house.ask("How do I revoke a Harbor access token?")
    until(lambda: asked in {letter.message_id for letter in dead_letters.listed(house.redis)})
    until(lambda: "does not accept" in words(house.feishu.cards(asked)[0]))
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    [letter] = [one for one in dead_letters.listed(house.redis) if one.message_id == asked]
    assert letter.code == code
    assert dead_letters.retry(house.redis, letter.job_id), "the answer is kept, and can be sent again"
    until(lambda: "harbor token revoke" in words(house.feishu.cards(asked)[0]))
