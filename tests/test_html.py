"""HTML of many generators becomes Markdown with every word and without their marks."""

from __future__ import annotations

import pytest

from index.sources.formats.html import html_to_markdown


def text_of(body: str) -> str:
    """The Markdown of a page with this body."""
    return html_to_markdown(f"<html><head><title>T</title></head><body>{body}</body></html>".encode())[1]


def test_the_frame_goes_and_what_stands_inside_the_content_stays() -> None:
    text = text_of(
        "<header>Site</header><nav>menu</nav><main><article><header><h1>Kettle</h1></header><p>Fill it.</p>"
        "<aside>Never boil it dry.</aside><footer>By Ann</footer></article></main><footer>legal</footer>"
    )
    assert text == "# Kettle\n\nFill it.\n\nNever boil it dry.\n\nBy Ann"


def test_several_articles_and_what_stands_between_them() -> None:
    text = text_of(
        "<div>banner</div><div><p>Both parts:</p><article><h2>One</h2>a</article>"
        "<article><h2>Two</h2>b</article></div>"
    )
    assert text == "Both parts:\n\n## One\n\na\n\n## Two\n\nb"


def test_a_page_that_is_one_form() -> None:
    text = text_of("<form><h1>Wiki</h1><p>Words <input value='x'>here</p><button>Save</button></form>")
    assert text == "# Wiki\n\nWords here"


def test_an_empty_main_is_no_content() -> None:
    assert text_of("<main><div id='app'></div></main><div><p>Words</p></div>") == "Words"


def test_a_title_block_and_asides_of_a_page_without_main() -> None:
    text = text_of(
        "<header><h1>Pandoc</h1></header><aside><a href='/'>Home</a></aside>"
        "<p>Text</p><aside>A note of three words.</aside>"
    )
    assert text == "# Pandoc\n\nText\n\nA note of three words."


def test_lists_keep_their_numbers_and_their_nesting() -> None:
    text = text_of(
        "<ol start=3><li>one<li>two<ul><li>deep<ol><li>deeper</ol></ul><li value=9><p>nine</p></ol>"
    )
    assert text == "3. one\n4. two\n   - deep\n     1. deeper\n9. nine"


@pytest.mark.parametrize(
    "code",
    [
        "<pre>make\n  test</pre>",
        "<pre>make<br>  test<br></pre>",
        "<pre><div>make</div><div>  test</div></pre>",
        "<pre><ol class=linenums><li>make</li><li>  test</li></ol></pre>",
        "<pre><code><span style='display: block'>make</span>"
        "<span style='display:block'>  test</span></code></pre>",
        "<pre><span class='lineno'>1 </span>make\n<span class='lineno'>2 </span>  test</pre>",
        "<code>make<br>  test</code>",
        "<figure><table><tr><td class=gutter><pre>1<br>2</pre></td>"
        "<td class=code><pre>make<br>  test<br></pre></td></tr></table></figure>",
        "<table class=highlighttable><tr><td class=linenos><div><pre>1\n2</pre></div></td>"
        "<td class=code><div><pre>make\n  test</pre></div></td></tr></table>",
        "<table class=blob><tr><td class=blob-num>1</td><td>make</td></tr>"
        "<tr><td class=blob-num>2</td><td>  test</td></tr></table>",
    ],
    ids=range(10),
)
def test_code_keeps_its_lines_without_their_numbers(code: str) -> None:
    assert text_of(f"<main><p>Run:</p>{code}</main>") == "Run:\n\n```\nmake\n  test\n```"


def test_code_says_its_language_and_may_hold_fences() -> None:
    text = text_of("<pre><code class='language-md'>```\nx\n```</code></pre>")
    assert text == "````md\n```\nx\n```\n````"


def test_tables_keep_cells_in_their_columns() -> None:
    text = text_of(
        "<table><caption>Codes</caption><tr><th>Code<th>Why</tr><tr>"
        "<td rowspan=2>a|b<td><code>x</code><br>y</tr>"
        "<tr><td><ul><li>p<li>q</ul></tr></table>"
    )
    rows = ["| Code | Why |", "| --- | --- |", r"| a\|b | `x` y |", r"| a\|b | p q |"]
    assert text == "Codes\n\n" + "\n".join(rows)


def test_a_table_that_lays_out_the_page_is_its_blocks() -> None:
    text = text_of("<table><tr><td>menu</td><td><h1>Page</h1><p>Words</p><pre>code</pre></td></tr></table>")
    assert text == "menu\n\n# Page\n\nWords\n\n```\ncode\n```"


def test_words_that_look_like_marks_stay_words() -> None:
    text = text_of("<p># no heading, a_b*c, &lt;div&gt;</p><h2>C#<a href='#c' class='headerlink'>#</a></h2>")
    assert text == "\\# no heading, a_b*c, \\<div>\n\n## C#"


def test_emphasis_links_and_images_leave_no_marks() -> None:
    image = "<img alt='' src='data:image/png;base64,AAAA'>"
    assert text_of(f"<p>A <b>bold</b> <a href='/x'>link</a>{image}, f<i>oo</i>.</p>") == "A bold link, foo."


def test_terms_summaries_and_quotes_are_paragraphs() -> None:
    text = text_of(
        "<dl><dt>pour</dt><dd>to fill</dd></dl><details><summary>More</summary>hidden</details>"
        "<blockquote>said<footer>Bo</footer></blockquote>"
    )
    assert text == "pour\n\nto fill\n\nMore\n\nhidden\n\n> said\n>\n> Bo"


def test_a_formula_is_said_once() -> None:
    drawn = "<span class='katex-html'>x2</span>"
    source = "<math><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></math>"
    assert text_of(f"<p>Area <span>{source}{drawn}</span>.</p>") == "Area $x^2$."


@pytest.mark.parametrize(
    "opening", ["<div>", "<ul><li>w ", "<b>", "<table><tr><td>", "<blockquote>", "<pre><div>"]
)
def test_a_page_nested_a_thousand_deep_keeps_its_words(opening: str) -> None:
    assert "needle" in text_of(opening * 1500 + "needle")


@pytest.mark.slow
def test_cells_that_span_everything_do_not_make_a_page_grow() -> None:
    text = text_of("<table>" + ("<tr><td>a<td rowspan=99999 colspan=99999>" + "b" * 50) * 400 + "</table>")
    assert len(text) < 300_000
