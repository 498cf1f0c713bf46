"""The table of codes."""

from __future__ import annotations

import pytest

from bot.feishu.codes import CODES, Remedy, inner_code, look_up, look_up_status

TABLES = "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit; "
LOCKED = "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card action is lock; "


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (99991663, Remedy.TOKEN),
        (99991400, Remedy.RATE),
        (230020, Remedy.RATE),
        (230049, Remedy.RETRY),
        (230011, Remedy.GONE),
        (230110, Remedy.GONE),
        (231003, Remedy.GONE),
        (230002, Remedy.NEVER),
        (99991403, Remedy.SETUP),
        (10014, Remedy.SETUP),
        (230019, Remedy.THREADLESS),
        (230071, Remedy.THREADLESS),
        (230025, Remedy.CONTENT),
        (300305, Remedy.CONTENT),
        (300306, Remedy.CONTENT),
        (300317, Remedy.SEQUENCE),
        (300309, Remedy.CLOSED),
        (200850, Remedy.CLOSED),
        (200770, Remedy.DONE),
        (230031, Remedy.EXPIRED),
        (123456789, Remedy.UNKNOWN),
    ],
)
def test_code_asks_for(code: int, remedy: Remedy) -> None:
    assert look_up(code).remedy is remedy


@pytest.mark.parametrize("code", [0, 230002, 230011, 230025, 123456789])
def test_http_5xx_passes_whatever_the_body_says(code: int) -> None:
    assert look_up(code, status=503).remedy is Remedy.RETRY


def test_refused_card_tells_its_inner_code() -> None:
    assert inner_code(TABLES) == 11310
    assert inner_code("no code") == 0
    assert look_up(230099, TABLES).remedy is Remedy.CONTENT
    assert "tables" in look_up(230099, TABLES).meaning


def test_card_in_use_may_be_changed_later() -> None:
    assert look_up(230099, LOCKED).remedy is Remedy.RETRY


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (500, Remedy.RETRY),
        (502, Remedy.RETRY),
        (408, Remedy.RETRY),
        (429, Remedy.RATE),
        (404, Remedy.UNKNOWN),
    ],
)
def test_answers_without_a_code_are_judged_by_status(status: int, remedy: Remedy) -> None:
    assert look_up_status(status).remedy is remedy


def test_every_line_says_what_it_means() -> None:
    assert len(CODES) > 70
    assert all(len(line.meaning) > 10 for line in CODES.values())
