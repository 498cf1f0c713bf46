"""Code between fences is found where CommonMark says, and written so that it is found again."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.config import fences
from bot.markdown.unfinished import hold_back
from index.sources.threads import clean
from index.text.chinese import language_of
from index.text.split import headed_lines
from worker.engines.replies.reasoning import split_reasoning
from worker.sentences import segments

_PARSER = MarkdownIt("commonmark").disable(["html_block", "reference"])
_LEADS = ["", " ", "  ", "   ", "    ", "      ", "> ", ">", ">> ", "- ", "-   ", "1. ", "12) ", "* ", "+\t"]
_LINES = [
    "",
    "words",
    "```",
    "````",
    "`````",
    "~~~",
    "~~~~",
    "```python",
    "``` a `b`",
    "~~~ a `b` ~",
    "``",
    "# heading",
    "---",
    "***",
    "===",
    "- - -",
    "2. second",
    "1.",
    "-",
    "``` ",
    "```\t",
    "\\```",
]
LINE = st.builds(
    lambda leads, text: "".join(leads) + text,
    st.lists(st.sampled_from(_LEADS), max_size=3),
    st.sampled_from(_LINES),
)
TEXT = st.lists(LINE, max_size=12).map("\n".join)


def parsed(markdown: str) -> list[tuple[int, int]]:
    """The lines of fenced code by markdown-it; an unclosed block ends with the last line that is its own."""
    tokens = _PARSER.parse(markdown)
    return [(token.map[0], token.map[1]) for token in tokens if token.type == "fence" and token.map]


def without_blank_ends(markdown: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Empty lines at the end of a block that nothing closes belong to it or not: parsers differ."""
    lines = markdown.split("\n")
    kept = []
    for start, end in found:
        while end > start + 1 and not (lines + [""] * 2)[end - 1].strip(" \t>"):
            end -= 1
        kept.append((start, end))
    return kept


@pytest.mark.slow
@given(TEXT)
@settings(max_examples=600, derandomize=True)
def test_fences_are_found_where_a_parser_of_commonmark_finds_them(markdown: str) -> None:
    assume(not re.search(r">.*\t", markdown))  # a tab in a quote: markdown-it counts from another column
    ours = without_blank_ends(markdown, fences.fenced_lines(markdown))
    assert ours == without_blank_ends(markdown, parsed(markdown))


@pytest.mark.slow
@given(TEXT, st.booleans())
def test_the_stretches_joined_are_the_text(markdown: str, deep: bool) -> None:
    found = list(fences.stretches(markdown, deep=deep))
    assert "".join(one.text for one in found) == markdown
    assert fences.outside(markdown, lambda text: text, deep=deep) == markdown


@given(TEXT, st.booleans())
def test_what_is_left_open_can_be_closed_with_one_line(markdown: str, deep: bool) -> None:
    fence = fences.open_fence(markdown, deep=deep)
    if fence is not None:
        assert fences.open_fence(f"{markdown}\n{fence.closing}", deep=deep) is None


@pytest.mark.slow
@given(TEXT)
def test_a_text_that_grows_is_read_as_far_as_it_has_come(markdown: str) -> None:
    lines, reader = markdown.split("\n"), fences.FenceReader()
    for number, line in enumerate(lines, start=1):
        reader.read(line)
        assert reader.fence == fences.open_fence("\n".join(lines[:number]))


@given(st.text(alphabet="`~ab \n>-", max_size=60), st.sampled_from(["", "python"]))
def test_code_written_is_read_back_as_one_block(code: str, language: str) -> None:
    written = fences.fenced(code, language)
    (block,) = fences.stretches(written)
    assert block.fence is not None
    assert (block.text, block.closed, block.fence.info) == (written, True, language)
    (token,) = MarkdownIt("commonmark").parse(written)
    assert token.content == f"{code}\n"


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("before\n````md\n```\n````\nafter", "before\nafter"),  # a shorter run inside closes nothing
        ("a\n~~~\n```\n~~~\nb", "a\nb"),  # nor does the other mark
        ("a\n``` x `y`\nb", "a\n``` x `y`\nb"),  # a span at the start of a line opens none
        ("a\n```sh\nls\n``` # end\nb\n```\nc", "a\nc"),  # what has words behind it closes none
        ("a\n```sh\nnever closed\n", "a\n```sh\nnever closed\n"),
        ('=== "Linux"\n\n    ```bash\n    # x\n    ```\n\nb', '=== "Linux"\n\n\nb'),  # a tab of MkDocs
        ("- item\n  ```sh\n  ls\nafter the item", "- item\n  ```sh\n  ls\nafter the item"),
    ],
)
def test_prose_is_what_no_closed_block_holds(text: str, prose: str) -> None:
    assert fences.prose(text) == prose


def test_a_block_in_a_list_or_quote_is_closed_where_it_stands() -> None:
    fence = fences.open_fence("1. First\n\n   > ```bash\n   > pip install")
    assert fence is not None
    assert (fence.marks, fence.info, fence.closing) == ("```", "bash", "   > ```")


def test_a_line_by_itself_may_open_code() -> None:
    fence = fences.opening("      ~~~ text x\n")
    assert fence == fences.Fence("~~~", "text x", "      ")
    assert fences.opening("``` one `two`") is None
    assert fences.opening("words") is None


@pytest.mark.parametrize("unit", ["> ", "- ", "1. ", "```\n", "> ```\n", "- ```\n\n", "`", "\t- ", " "])
def test_no_text_nests_without_end(unit: str) -> None:
    text = "```\n" + unit * 20_000
    assert sum(len(one.text) for one in fences.stretches(text)) == len(text)
    reader = fences.FenceReader()
    for line in text.split("\n"):
        reader.read(line)
        assert len(reader._within) <= fences.MOST_NESTED


def test_every_room_reads_the_same_blocks() -> None:
    """A block that holds shorter fences, and one in a list, are read alike wherever they come."""
    page = "# Top\n\n````md\n```\n# no heading\n```\n````\n\n## Next\n\n文字。\n\n"
    page += "- item\n\n  ~~~\n  # nor this\n  ~~~\n"
    assert [level for level, _ in headed_lines(page) if level] == [1, 2]
    assert "no heading" not in fences.prose(page)
    assert language_of(page) == "zh"
    assert clean(page).count("####") == 2
    assert [is_code for is_code, _ in segments(page)] == [False, True, False, True, False]
    assert segments(page) == segments(page, fences.fenced_lines)
    start = page.index("# nor")
    assert hold_back(page[:start]) == page[:start]
    assert hold_back("- item\n\n  ~~~te") == "- item\n\n"


def test_a_tag_that_a_model_writes_in_code_of_a_list_is_code() -> None:
    reply = "Templates of chat models:\n\n- one\n  ````\n  ```\n  </think>\n  ````\n\nThat is all."
    assert split_reasoning(reply) == (reply, "")


def test_code_by_its_indent_stands_outside_lists_and_paragraphs() -> None:
    reader = fences.FenceReader()
    for line, indented in (
        ("Text.", False),
        ("    goes on", False),
        ("", False),
        ("    code", True),
        ("\tmore", True),
    ):
        assert reader.is_indented(line) is indented, line
        reader.read(line)
    reader.read("- item")
    assert not reader.is_indented("    its text")
