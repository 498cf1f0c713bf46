"""Markdown to Feishu's dialect: what each construct becomes, and that any text at all comes through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.visible_text import first_lost, text_of_elements, text_of_markdown
from bot.cards.paging import Room
from bot.cards.text import first_words, pages, stream_text, to_feishu
from bot.markdown.dialect import CODE_LANGUAGES, clean, code_language, mention, safe_url
from bot.markdown.latex import readable
from bot.markdown.unfinished import settled_parts
from simulator.cards.markup import problems
from tests.markdown_strategies import ANY_TEXT, LONG_MARKDOWN, MARKDOWN

ROOMY = Room(bytes=24_000, elements=150, tables=3)
TIGHT = Room(bytes=8_000, elements=5, tables=1)


def shown(markdown: str, **citations: str) -> str:
    """The single element's text."""
    elements = to_feishu(markdown, {int(name[1:]): url for name, url in citations.items()})
    assert [element["tag"] for element in elements] == ["markdown"]
    return str(elements[0]["content"])


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A\n\n## B\n\n### C\n\n###### D", "#### A\n\n##### B\n\n###### C\n\n###### D"),
        ("Title\n=====\n\ntext", "#### Title\n\ntext"),
        ("# a \\#", "#### a &#35;"),
        ("a **b** *c* ~~d~~ `e`", "a **b** *c* ~~d~~ `e`"),
        ("a  \nb\nc", "a<br>b\nc"),
        ("- a\n  - b\n    - c\n- d", "- a\n    - b\n        - c\n- d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- [ ] a\n- [x] b", "- ☐ a\n- ☑ b"),
        ("- a\n\n  more", "- a<br>more"),
        ("> a\n> b", "> a\n> b"),
        ("> a\n\n> - b", "> a\n>\n> - b"),
        ("a\n\n---\n\nb", "a\n\n---\n\nb"),
        ("    code", "```plain_text\ncode\n```"),
        ("```py\nx = 1\n```", "```python\nx = 1\n```"),
        ("```py title=x\nx\n```", "title&#61;x\n\n```python\nx\n```".replace("&#61;", "=")),
        ("```mermaid\ngraph\n```", "mermaid\n\n```plain_text\ngraph\n```"),
        ("````md\n```\n````", "````markdown\n```\n````"),
        ("~~~\nopen", "```plain_text\nopen\n```"),
        ("`` a`b ``", "``a`b``"),
        ("``` a``b ```", "a&#96;&#96;b"),
    ],
)
def test_constructs(markdown: str, expected: str) -> None:
    assert shown(markdown) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dict[str, int] <unk>", "Dict&#91;str, int&#93; &#60;unk&#62;"),
        ("a_b_c 2*3", "a&#95;b&#95;c 2&#42;3"),
        ("&lt; &amp;lt; R&D", "&#60; &#38;lt; R&D"),
        (":DONE: std::cout", "&#58;DONE: std::cout"),
        ("a\n\\# b\n1\\. c", "a\n&#35; b\n1&#46; c"),
        ("$5 and $10", "&#36;5 and &#36;10"),
        ("<at id=all></at>", "&#60;at id=all&#62;&#60;/at&#62;"),
        ("<div>x</div>", "&#60;div&#62;x&#60;/div&#62;"),
        ("a<br>b<BR/>c", "a<br>b<br>c"),
        ("call __init__ and a__b__", "call &#95;&#95;init&#95;&#95; and a&#95;&#95;b&#95;&#95;"),
        ("\\[all\\] \\[x\\] \\(see below\\)", "&#91;all&#93; &#91;x&#93; (see below)"),
        ("a\ud800b\x00\x1b[1mc\x07\u202ed\x0be", "a\ufffdb\ufffd&#91;1mcd e"),
    ],
)
def test_literals_are_escaped(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[t](https://a.b/c)", "[t](https://a.b/c)"),
        ("[t](https://a.b/(c))", "[t](https://a.b/%28c%29)"),
        ("[t](./docs/x.md)", "t (./docs/x.md)"),
        ("[t](#anchor)", "t"),
        ("[t](javascript:alert(1))", "&#91;t&#93;(javascript:alert(1))"),
        ("[t](mailto:a@b.c)", "t (mailto:a@b.c)"),
        ("see https://a.b/c_d.", "see [https://a.b/c&#95;d](https://a.b/c_d)."),
        ("（https://a.b/c）", "（[https://a.b/c](https://a.b/c)）"),
        (
            "https://a.b/x/__init__.py",
            "[https://a.b/x/&#95;&#95;init&#95;&#95;.py](https://a.b/x/__init__.py)",
        ),
        ("_https://a.b/c_", "[*https://a.b/c*](https://a.b/c)"),
        ("**https://a.b/c**", "[**https://a.b/c**](https://a.b/c)"),
        ("[https://a.b](https://c.d)", "[https://a.b](https://c.d)"),
        ("![x](data:image/png;base64,AAAA)", "🖼 x (data:image/png)"),
        ("![alt](https://a.b/c.png)", "[🖼 alt](https://a.b/c.png)"),
        ("![](x/c.png)", "🖼 x/c.png"),
        ("[![b](https://i.mg/x.svg)](https://a.b)", "[🖼 b](https://a.b)"),
        ("look\\![x](https://a.b)", "look&#33;[x](https://a.b)"),
        ("[1]: https://a.b\n\nx [1]", "&#91;1&#93;: [https://a.b](https://a.b)\n\nx &#91;1&#93;"),
    ],
)  # fmt: skip
def test_links_and_images(markdown: str, expected: str) -> None:
    assert shown(markdown) == expected


def test_citations_link_to_their_sources() -> None:
    assert (
        shown("a [1][2] [3]", n1="https://s/1", n2="")
        == "a [&#91;1&#93;](https://s/1)&#91;2&#93; &#91;3&#93;"
    )


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**重点：**内容", "**重点：** 内容"),
        ("这是**“引用”**的", "这是 **“引用”** 的"),
        ("**a***b*", "**a** *b*"),
        ("**use `x` now**", "**use** `x` **now**"),
        ("中**粗**文", "中**粗**文"),
    ],
)
def test_bold_holds_beside_punctuation(markdown: str, expected: str) -> None:
    assert shown(markdown) == expected


def test_code_in_a_list_is_lifted_out_and_the_list_goes_on() -> None:
    markdown = "1. a\n   ```sh\n   x\n   ```\n   then\n2. b\n   - c"
    assert shown(markdown) == "1. a\n\n```bash\nx\n```\n\nthen\n\n2. b\n    - c"


def test_a_mention_in_code_is_quiet() -> None:
    text = shown("`<at id=all></at>` and\n\n```\n<at id=ou_x></at>\n```")
    assert "<at" not in text
    assert text.replace("\u200b", "").count("<at id=") == 2


def test_tables_within_the_budget_are_components_and_the_rest_code() -> None:
    table = "| a | b |\n|---|---|\n| `x|y` | <1> |\n\n"
    elements = to_feishu(table * 4)
    assert [element["tag"] for element in elements] == ["table", "table", "table", "markdown"]
    assert elements[0]["rows"] == [{"c0": "`x|y`", "c1": "&#60;1&#62;"}]
    assert elements[3]["content"] == "```plain_text\na   | b\n----+----\nx|y | <1>\n```"


def test_a_row_with_too_many_cells_loses_none() -> None:
    [table] = to_feishu("| a | b |\n|--|--|\n| 1 | 2 | 3 | 4 |")
    assert table["rows"] == [{"c0": "1", "c1": "2 &#124; 3 &#124; 4"}]


@pytest.mark.parametrize("start", ["- ", "> ", "1. "])
def test_a_table_in_a_list_or_a_quote_is_lifted_out(start: str) -> None:
    rows = ["| a | b |", "|--|--|", "| c | d |"]
    rest = "> " if start == "> " else " " * len(start)
    elements = to_feishu("\n".join([f"{start}x", rest, *(rest + row for row in rows)]))
    assert [element["tag"] for element in elements] == ["markdown", "table"]
    assert elements[1]["rows"] == [{"c0": "c", "c1": "d"}]


def test_long_code_is_cut_between_lines_with_its_fence_closed() -> None:
    code = "\n".join(f"line {number} of a long listing" for number in range(2000))
    cards = pages(f"```python\n{code}\n```", ROOMY, ROOMY, {})
    assert len(cards) == 3
    texts = [element["content"] for card in cards for element in card]
    assert all(text.startswith("```python\n") and text.endswith("\n```") for text in texts)
    lines = [line for text in texts for line in text.split("\n") if line and not line.startswith("```")]
    assert lines == code.split("\n")


def test_a_heading_is_not_left_alone_at_the_end_of_a_card() -> None:
    cards = pages("x" * 200 + "\n\n# Heading\n\n" + "y " * 400, Room(900, 5, 1), Room(9000, 5, 1), {})
    assert cards[1][0]["content"].startswith("#### Heading\n\n")


def test_a_list_that_goes_on_on_the_next_card_starts_without_indentation() -> None:
    deep = "- a\n" + "  - b\n" + "".join(f"    - item {number} {'x' * 60}\n" for number in range(30)) + "- z"
    first, second, *_ = pages(deep, Room(1500, 5, 1), Room(1500, 5, 1), {})
    assert first[0]["content"].startswith("- a\n    - b\n        - item 0")
    lines = second[0]["content"].split("\n")
    assert lines[0].startswith("- item")
    assert lines[1].startswith("- item")


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a}{b}", "a/b"),
        (r"x_i^2", "xᵢ²"),
        (r"\sum_{i=1}^{n} \alpha_i", "∑ᵢ₌₁ⁿ αᵢ"),
        (r"\text{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V", "softmax(QKᵀ/(√dₖ))V"),
        (r"\mathbb{R}^{d}", "ℝᵈ"),
        (r"\hat{y}", "ŷ"),
        (r"\begin{cases} x & y \\ z & w \end{cases}", "x y\nz w"),
        (r"\unknown{x}", r"\unknown(x)"),
        ("}{", "}"),
        ("\\", "\\"),
    ],
)
def test_latex_becomes_readable(latex: str, expected: str) -> None:
    assert readable(latex) == expected


def test_formulas_in_text() -> None:
    assert shown("令 $x_1$，\\(y^2\\) 与\n\n$$\n\\frac{1}{2}\n$$") == "令 x₁，y² 与\n\n1/2"
    assert shown("价格$5，公式$a^2$与\\(b_i\\)和\\(n\\)") == "价格&#36;5，公式a²与bᵢ和n"


def test_languages_are_feishus() -> None:
    names = ["py", "C++", "sh", "YML", "Dockerfile", "{.python}", "nonsense", ""]
    assert [code_language(name) for name in names] == [
        "python", "cpp", "bash", "yaml", "docker_file", "python", "plain_text", "plain_text",
    ]  # fmt: skip
    assert "plain_text" in CODE_LANGUAGES


@pytest.mark.parametrize("wrong", ["all", "ou_x></at><at id=all", "", "on_x", "ou_"])
def test_only_open_ids_are_mentioned(wrong: str) -> None:
    with pytest.raises(ValueError, match="open_id"):
        mention(wrong)


@pytest.mark.parametrize(
    "wrong", ["", "javascript:x", "//a.b", "ftp://a", "http://", "data:text/html,x", "http://[", "./x"]
)
def test_other_addresses_are_no_links(wrong: str) -> None:
    assert safe_url(wrong) == ""


def test_first_words() -> None:
    assert first_words("# A **b**\n\n- [c](https://d)\n\n```\ne\n```", 40) == "A b c e"
    assert first_words("x" * 50, 10) == "x" * 9 + "…"


def test_nesting_too_deep_to_be_meant_is_shown_as_it_stands() -> None:
    assert text_of_elements(to_feishu(">" * 300 + " deep")) == ">" * 300 + "deep"


def markdown_texts(value: Any) -> list[str]:
    """Every Markdown text in elements, those of table cells too."""
    texts = []
    for element in value:
        if element["tag"] == "markdown":
            texts.append(element["content"])
        else:
            texts += [cell for row in element["rows"] for cell in row.values()]
    return texts


@pytest.mark.parametrize("code", ["<br>=", "a <br> - b", "<br>", "x` <br>1. y"])
def test_a_break_in_inline_code_is_code(code: str) -> None:
    marks = "``" if "`" in code else "`"
    shown = to_feishu(f"before {marks}{code}{marks} after")
    assert shown == [{"tag": "markdown", "content": f"before {marks}{code}{marks} after"}]


@pytest.mark.parametrize("code", ["<br>=", "<br>1. a", "a <br> b", "<br>", "``<br>#``", "<br>` =`"])
def test_code_that_speaks_of_breaks_is_shown_as_it_stands(code: str) -> None:
    marks = "`" * (3 if "``" in code else 2)
    for place in ("# {}", "a<br>{}", "- {}\n\n  {}", "| h |\n|--|\n| {} |", "> {}"):
        markdown = place.format(*[f"{marks} {code} {marks}"] * 2)
        assert first_lost(text_of_markdown(markdown), text_of_elements(to_feishu(markdown))) == -1


@pytest.mark.slow
@given(markdown=MARKDOWN | ANY_TEXT | LONG_MARKDOWN)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_comes_through_whole(markdown: str) -> None:
    wanted = text_of_markdown(markdown)
    for room in (ROOMY, TIGHT):
        cards = pages(markdown, room, room, {1: "https://s/1"})
        elements = [element for card in cards for element in card]
        assert first_lost(wanted, text_of_elements(elements)) == -1
        assert [problem for text in markdown_texts(elements) for problem in problems(text)] == []
        for card in cards:
            assert len(json.dumps(card, ensure_ascii=False).encode()) <= room.bytes + 200
            assert len(card) <= room.elements
            assert sum(element["tag"] == "table" for element in card) <= room.tables


@pytest.mark.parametrize("sign", ["\x1f", "\u202e", "\x7f"])
def test_a_sign_that_leaves_no_ink_hides_no_code_while_it_grows(sign: str) -> None:
    text = f"run\n\n{sign}```\ncd **_**\n\nthen **x**"
    assert "cd **_**\n\nthen **x**" in stream_text(text)


@pytest.mark.slow
@given(markdown=MARKDOWN)
@settings(max_examples=80, deadline=None)
def test_any_half_written_text_streams(markdown: str) -> None:
    assert list(problems(stream_text(markdown))) == []


@given(markdown=st.lists(MARKDOWN, max_size=4).map("\n\nthen ".join))
@settings(max_examples=60, deadline=None)
def test_reading_part_by_part_is_reading_the_whole(markdown: str) -> None:
    whole = text_of_markdown(markdown)
    parts = "".join(text_of_markdown(part) for part in settled_parts(clean(markdown)))
    assert parts == whole


@pytest.mark.parametrize(
    "text",
    [
        "先 **装好** `mmpose`，见 [文档](https://a.b/c) [1]。\n\n## 步骤\n\n- 一\n- 二 $x_1$\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n结束。\n",
        "见 https://a.b/c_d/e 与 https://x.y/z。后文。",
        "***a*** b _c_ d *e* f_g &lt;h&gt; 结束。",
        "- [ ] t\n- [x] u\n\n> quote **b**\n> more\n\n10. a\n11. b\n\n结束。",
        "\\[\nx^2\n\\]\n\na $$b$$ c \\(d\\)\n\n$$\nx\n$$\n\n结束。",
    ],
)
def test_a_growing_text_only_grows(text: str) -> None:
    before = ""
    for length in range(len(text) + 1):
        now = stream_text(text[:length], {1: "https://s/1"})
        assert now.startswith(before), (before, now)
        before = now
    assert before.endswith("结束。") or before.endswith("后文。")


def test_an_open_code_block_is_closed_while_it_streams() -> None:
    assert stream_text("a\n\n```pyth") == "a"
    assert stream_text("a\n\n```python\nx = 1\ny") == "a\n\n```python\nx = 1\ny\n```"
    assert stream_text("a\n\n```python\nx = 1\n```") == "a\n\n```python\nx = 1\n```"


def test_what_does_not_fit_streams_no_further() -> None:
    text = stream_text("a paragraph of words.\n\n" * 5000)
    assert 20_000 < len(text) < 27_000
