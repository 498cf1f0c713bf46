"""Chunks follow the headings, keep their ids when others change, and anchor like GitHub."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.document import Document
from index.text.split import CHUNK_CHARACTERS, sections, slug_of, split
from tests.index_files import MARKDOWN


def document(text: str, path: str = "a.md", url: str = "") -> Document:
    return Document("docs", path, "Title", text, url, "en", 0.0, "digest")


def test_chunks_carry_their_headings_and_links() -> None:
    chunks = split(document(MARKDOWN, url="https://example.org/a.md"))
    assert [chunk.heading_path for chunk in chunks] == [
        ("KV cache quantization",),
        ("KV cache quantization", "Usage"),
        ("KV cache quantization", "Accuracy"),
    ]
    assert [chunk.position for chunk in chunks] == [0, 1, 2]
    assert chunks[1].url == "https://example.org/a.md#usage"
    assert "# not a heading" in chunks[1].text


def test_ids_are_stable_when_a_paragraph_is_added_above() -> None:
    before = {chunk.id for chunk in split(document(MARKDOWN))}
    after = {chunk.id for chunk in split(document("A new first line.\n\n" + MARKDOWN))}
    assert before < after
    moved = {chunk.id for chunk in split(document(MARKDOWN, path="b.md"))}
    assert not before & moved


def test_repeated_text_has_ids_of_its_own() -> None:
    chunks = split(document("# A\n\nsame\n\n# A\n\nsame\n"))
    assert len({chunk.id for chunk in chunks}) == 2
    assert [chunk.anchor for chunk in chunks] == ["a", "a-1"]


def test_underlined_headings_and_given_anchors() -> None:
    text = "Top\n===\n\nbody\n\nPart\n----\n\nmore\n\n# Named {#here}\n\nend\n"
    found = list(sections(text))
    assert [(part.heading_path, part.anchor) for part in found] == [
        (("Top",), "top"),
        (("Top", "Part"), "part"),
        (("Named",), "here"),
    ]


def test_a_heading_with_nothing_under_it_is_a_section_of_its_own() -> None:
    text = "# Models\n\n## Coming soon\n\n## Parent\n\n### Child\n\nbody\n\n# Last\n"
    chunks = split(document(text))
    assert [(chunk.heading_path[-1], chunk.text, chunk.bare) for chunk in chunks] == [
        ("Coming soon", "Coming soon", True),
        ("Child", "body", False),
        ("Last", "Last", True),
    ]


def test_tables_and_rules_are_no_headings() -> None:
    text = "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n\n---\n\nmore\n"
    assert [part.heading_path for part in sections(text)] == [("A",)]


def test_slugs_are_those_of_github() -> None:
    assert slug_of("Step 1, 数据准备 (optional)") == "step-1-数据准备-optional"
    assert slug_of("`--kv_cache` usage") == "--kv_cache-usage"


def test_long_sections_are_cut_within_the_aim() -> None:
    english = "One sentence about quantization. " * 200
    chinese = "量化可以节省显存并且提高吞吐。" * 200
    for text, limit in ((english, CHUNK_CHARACTERS), (chinese, CHUNK_CHARACTERS // 2)):
        chunks = split(document(f"# A\n\n{text}"))
        assert len(chunks) > 5
        assert all(len(chunk.text) <= limit for chunk in chunks)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("#=-`~ \nab安装|{}"), max_size=200))
def test_no_text_is_lost_or_breaks_the_splitter(text: str) -> None:
    chunks = split(document(text))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert all(chunk.text.strip() for chunk in chunks)


def test_headings_in_tags_are_headings_with_their_ids() -> None:
    """Pages of questions are often written so; without it all their answers are one section."""
    text = '# Help\n\n<h4 id="2.7">Why is the <b>lamp</b> dark?</h4>\n\nTurn it.\n\n<H3>Oil</H3>\n\nPour.\n'
    found = list(sections(text))
    assert [(each.heading_path[-1], each.anchor) for each in found] == [
        ("Why is the lamp dark?", "2.7"),
        ("Oil", "oil"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "<hr>",
        "<header>x</header>",
        "<h2>a</h2><h2>b</h2>",
        "<h1><img src=a.png></h1>",
        "<h2>open",
        "<h7>x</h7>",
    ],
)
def test_what_only_looks_like_a_heading_in_tags_is_text(line: str) -> None:
    assert [each.heading_path for each in sections(f"# Help\n\n{line}\n\nMore.\n")] == [("Help",)]


@pytest.mark.parametrize(
    "page",
    [
        "**May I nest them?**\n\nNo, never.\n\n**What is the limit?**\n\nTwenty a day.",
        "Q: May I nest them?\nA: No, never.\nQ: What is the limit?\nA: Twenty a day.",
        "Q1. May I nest them? No, never.\n\nQ2. What is the limit? Twenty a day.",
        "- **May I nest them?** No, never.\n- **What is the limit?**\n\n  Twenty a day.",
        "1. May I nest them?\n   No, never.\n2. What is the limit?\n   Twenty a day.",
        "**1. May I nest them?**\nNo, never.\n\n---\n\n**2. What is the limit?**\nTwenty a day.",
        "**Q：May I nest them？**\n\n**A：** No, never.\n\n---\n\n"
        "**Q：What is the limit**\n\n**A：** Twenty a day.\n\n---",
    ],
)
def test_each_question_of_a_page_of_questions_is_a_section_of_its_own(page: str) -> None:
    first, second = list(sections(f"# Questions\n\n{page}"))
    assert first.heading_path[0] == second.heading_path[0] == "Questions"
    assert "May I nest them" in first.heading_path[1]
    assert "What is the limit" in second.heading_path[1]
    assert "No, never." in first.text
    assert "Twenty" not in first.text
    assert "Twenty a day." in second.text


@pytest.mark.parametrize(
    "page",
    [
        "- [May I nest them?](#nest)\n- [What is the limit?](#limit)",
        "We asked them:\n\n- Who are you?\n- What do you do?\n- Why?",
        "What if it fails? Try again. And what if that fails?\n\nCall us.",
        "- See https://example.org/?a=1\n- See https://example.org/?b=2",
        "```\nQ: one?\nA: two\nQ: three?\nA: four\n```",
        "**Is this one question?**\n\nYes.",
    ],
)
def test_what_is_no_page_of_questions_stays_one_section(page: str) -> None:
    (section,) = sections(f"# Page\n\n{page}")
    assert section.heading_path == ("Page",)
    assert section.text == page


def test_what_stands_above_the_first_question_stays_under_its_heading() -> None:
    text = "# Help\n\nWrite to us.\n\n**May I?**\n\nYes:\n\n- a\n- b\n\n**Must I?**\n\nNo.\n"
    assert [(one.heading_path[1:], one.text) for one in sections(text)] == [
        ((), "Write to us."),
        (("May I?",), "Yes:\n\n- a\n- b"),
        (("Must I?",), "No."),
    ]


@pytest.mark.parametrize("filling", ["**a?**\n", "- b?\n", "Q: c\n", "?", "**Q? ", "- **\n", "[a](b)?\n"])
def test_many_questions_take_no_time(filling: str) -> None:
    def taken(times: int) -> float:
        text = filling * times
        started = time.thread_time()
        list(sections(text))
        return time.thread_time() - started

    few, many = (min(taken(times) for _ in range(3)) for times in (2_000, 8_000))
    assert many < 12 * few + 0.05, "four times the text is about four times the work"
