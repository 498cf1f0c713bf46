"""Numbers in what others send: `²` is a digit to Python and no number, and int() refuses 5,000 digits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.feishu.codes import inner_code
from index.sources.formats.office.word import read_word
from tests.office_files import SPACES, word
from worker.engines.openai.attempts import retry_hint
from worker.engines.replies.chunks import read_chunk, read_usage
from worker.engines.replies.problems import problem_in

ROOT = Path(__file__).resolve().parent.parent
ODD = ("²", "9" * 5_000, "١٢", "１２", "", "-1", "1e400", "nan", "①", "4²9", "1.2.3", "½")


@pytest.mark.parametrize("odd", ODD)
def test_counts_of_a_model_server(odd: str) -> None:
    usage = read_usage({"prompt_tokens": odd, "completion_tokens": odd, "total_tokens": odd})
    assert usage.prompt_tokens in (0, 12)
    assert read_chunk({"choices": [], "usage": {"prompt_tokens": odd}}).usage is not None


@pytest.mark.parametrize("odd", ODD)
def test_codes_and_hints_of_a_model_server(odd: str) -> None:
    bodies: tuple[dict[str, Any], ...] = (
        {"error": {"code": odd, "message": "no"}},
        {"code": odd, "message": "no"},
        {"status": odd, "error": odd},
        {"error": {"message": f"maximum context length is {odd} tokens, got {odd}"}},
    )
    for body in bodies:
        found = problem_in(body, status=400)
        assert found is None or 400 <= found.status < 600
    for name in ("retry-after", "retry-after-ms"):
        hint = retry_hint({name: odd})
        assert hint is None or 0 <= hint <= 60


def test_the_code_inside_a_refused_card() -> None:
    assert inner_code("Failed, ext=ErrCode: 11310; ErrMsg: table number over limit") == 11310
    assert inner_code(f"ErrCode: {'9' * 5_000}") > 0
    assert inner_code("ErrCode: ²") == 0


def test_no_module_takes_a_digit_for_a_number() -> None:
    """`isdecimal`, or `isascii` beside it: what `isdigit` lets through, int() may refuse."""
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in ("bot", "worker", "index")
        for file in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if re.search(r"\.is(?:digit|numeric)\(\)", line) and ".isascii()" not in line
    ]
    assert found == []


@pytest.mark.parametrize("odd", [*ODD, "12", " "])
def test_attributes_of_a_word_document(odd: str) -> None:
    """One of them spoils no more than itself: the words of the document are read."""
    body = (
        f'<w:p><w:pPr><w:outlineLvl w:val="{odd}"/></w:pPr><w:r><w:t>Title</w:t></w:r></w:p>'
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{odd}"/><w:numId w:val="{odd}"/></w:numPr></w:pPr>'
        "<w:r><w:t>item</w:t></w:r></w:p>"
        f'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="{odd}"/></w:tcPr><w:p><w:r>'
        "<w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    style = (
        f'<w:style w:styleId="S"><w:name w:val="x"/><w:pPr><w:outlineLvl w:val="{odd}"/></w:pPr></w:style>'
    )
    _, text = read_word(word(body, styles=f"<w:styles {SPACES}>{style}</w:styles>"))
    assert all(said in text for said in ("Title", "item", "cell"))
