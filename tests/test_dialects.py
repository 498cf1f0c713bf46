"""Marks of generators, note-takers and exports: what a reader sees is kept, none of the marks is shown."""

from __future__ import annotations

import json

import pytest

from index.sources.formats import read
from index.sources.formats.markdown import grids
from tests.office_files import word

CASES = {
    "lists and paragraphs in a cell": (
        ".md",
        "| quay | ropes |\n|---|---|\n| east | <ul><li>long</li> <li class='x'>short</li></ul> |\n"
        "| west | <p>none</p><p>yet</p> |\n\n<ul><li>outside</li></ul>\n",
        ["| east |   long; short   |\n| west |  none  yet  |", "- outside"],
        ["<ul", "<li", "<p"],
    ),
    "words in braces of MDX": (
        ".mdx",
        "# T\n\nMoor{' '}at {'{'}quay{'}'} {\"now\"}, as `{'{'}` says.\n",
        ["Moor at {quay} now, as `{'{'}` says."],
        ["{' '}", "{\"now"],
    ),
    "tabs of Hugo and GitBook in one line": (
        ".md",
        '{{< tabpane >}}{{< tab "Ebb" >}}ebb-run{{< /tab >}}'
        '{{< tab "Flood" >}}flood-run{{< /tab >}}{{< /tabpane >}}'
        '\n\n{% tabs %}{% tab title="左舷" %}甲{% endtab %}'
        '{% tab title="右舷" %}乙{% endtab %}{% endtabs %}\n\n'
        '1. Item\n\n   {{< tab "Inner" >}}\n   tide\n   {{< /tab >}}\n\n'
        '| a | {{< tab "cell" >}} |\n|---|---|\n',
        ["Ebb\n\nebb-run\n\nFlood\n\nflood-run\n", "左舷\n\n甲\n\n右舷\n\n乙\n",
            "   Inner\n   tide", "| a | cell |"],
        ["{{<", "{%", "tabpane"],
    ),
    "code of Hugo": (
        ".md",
        '{{< highlight bash "linenos=table" >}}\n# moor first\nmoor <quay> --at {{ tide }}\n'
        '{{< /highlight >}}\n',
        ["```bash\n# moor first\nmoor <quay> --at {{ tide }}\n```"],
        ["linenos", "{{<"],
    ),
    "cells of Quarto": (
        ".md",
        "```{python}\n#| label: tide\n#| echo: false\n# moor\nprint(tide)\n```\n\n"
        "```{note} Ebb\nWait.\n```\n",
        ["```python\n# moor\nprint(tide)\n```", "Ebb", "Wait."],
        ["label:", "#|", "{python}"],
    ),
    "rows, columns and pictures of Azure": (
        ".md",
        ':::row:::\n:::column span="2":::\nquay\n:::column-end:::\n:::row-end:::\n\n'
        ':::image type="content" source="q.png" alt-text="x":::\n\n[!INCLUDE [ropes](ropes.md)]\n\n'
        '{!ropes.md!}\n\n'
        "Write `{!ropes.md!}` for it.\n",
        ["quay", "Write `{!ropes.md!}` for it."],
        [":::", "span", "source=", "INCLUDE", "[ropes]"],
    ),
    "code of Confluence in which a section ends": (
        ".html",
        "<p>See</p><ac:plain-text-body><![CDATA[if (rope[quay[0]]]]>"
        "<![CDATA[> 1 && a<b) moor();]]></ac:plain-text-body>",
        ["```\nif (rope[quay[0]]> 1 && a<b) moor();\n```"],
        ["CDATA", "\\<"],
    ),
    "containers, sizes and captions of Pandoc and Quarto": (
        ".md",
        '::: {.callout-note title="Ebb"}\nx\n:::\n\n:::: {.columns}\n::: {.column width="50%"}\n左舷\n'
        ":::\n::::\n\n"
        "::: warning {.wide}\nw\n:::\n\n![quay](q.png){width=50%} f(x){return=2}\n\n: Tides {#tbl:tides}\n",
        ["Ebb", "左舷", "Warning", "![quay](q.png)", "f(x){return=2}", "Tides"],
        ["title=", "50%", ".wide", "{#tbl", "callout"],
    ),
    "links of Confluence that have no words": (
        ".html",
        '<p>See <ac:link><ri:page ri:content-title="Mooring guide"/></ac:link> and'
        "<ac:link ac:anchor='x'> <ri:page ri:space-key='H' ri:content-title='潮汐表'></ri:page></ac:link>",
        ["See Mooring guide and", "潮汐表"],
        ["ri:page"],
    ),
    "colours of a terminal in MDX": (".mdx", "# T\n\n\x1b[31mred\x1b[0m words\n", ["red words"], ["[31m"]),
    "colours of a terminal in reStructuredText": (".rst", "T\n=\n\n\x1b[31mred\x1b[0m\n", ["red"], ["[31m"]),
    "powers, ranges and a shell's braces are no marks": (
        ".md",
        "From 10^3-10^6 ships, n^2+m^2 ropes and a^b^c; 1~2~3 天, CO~2~ and 5^th^ of ${#ropes[@]}"
        " {{-- x --}}.\n\n"
        "$$x$$ {#eq-1}\n",
        [
            *("10^3-10^6", "n^2+m^2", "a^b^c", "1~2~3", "CO2", "5th of"),
            *("${#ropes[@]}", "{{-- x --}}", "$$x$$"),
        ],
        ["{#eq-1}"],
    ),
    "placeholders that are called as Feishu's tags are": (
        ".md",
        "Say DROP COLUMN <column> or SHOW VIEW <view>.\n\n"
        "<grid cols=\"2\">\n<column width=\"5\">\n左舷\n</column>\n</grid>\n",
        ["COLUMN <column> or SHOW VIEW <view>.", "左舷"],
        ["cols", "</column>", "<grid"],
    ),
    "what a database draws in code": (
        ".md",
        "# Ropes\n\n1. Look:\n\n   ```\n   +----+------+\n   | id | rope |\n   +----+------+\n   ```\n\n"
        "+----+------+\n| id | 缆绳 |\n+====+======+\n| 1  | 长   |\n+----+------+\n",
        ["   +----+------+\n   | id | rope |\n   +----+------+", "| id | 缆绳 |\n| --- | --- |"],
        ["+====+"],
    ),
    "roles of MyST": (
        ".md",
        "See {ref}`the long quay <quay-label>`, {doc}`Mooring <moor>`, {term}`mole`, {kbd}`Ctrl+C`,"
        " {py:func}`~port.moor` and {math}`a^2`.\n\n(quay-label)=\n## Quay\n\n% not shown\n\n"
        "Ten % of it.\n\n+++\nMore.\n",
        ["the long quay", "Mooring", "mole", "`Ctrl+C`", "port.moor", "$a^2$", "Ten % of it.", "More."],
        ["{ref}", "{doc}", "{term}", "{kbd}", "quay-label", "not shown", "+++"],
    ),
    "caption of a directive's code": (
        ".md",
        "```{code-block} python\n:linenos:\n:caption: How to moor\nmoor(1)\n```\n",
        ["How to moor", "```python\nmoor(1)\n```"],
        [":linenos:", ":caption:", "{code-block}"],
    ),
    "percent signs where there is no MyST": (".md", "% of all ships\n\nText.\n", ["% of all ships"], []),
    "VitePress": (
        ".md",
        "<<< @/snippets/moor.js{2}\n\n```js{1,3-4}:line-numbers\nlet rope = 1 // [!code focus]\n"
        "let pier // [!code --]\n"
        "```\n\n{{ $frontmatter.title }} Words {{ user_name }}\n",
        ["```js\nlet rope = 1\nlet pier\n```", "Words {{ user_name }}"],
        ["<<<", "{1,3-4}", "line-numbers", "[!code", "$frontmatter"],
    ),
    "a dictionary in code is no lit line": (".md", "```python\nprint({1, 3})\n```\n", ["print({1, 3})"], []),
    "pymdownx": (
        ".md",
        '--8<-- "moor.md"\n\nPress ++ctrl+alt+"q"++ for H~2~O and x^2^, ==lit== ^^new^^ and C++ or D++.\n\n'
        "这是==高亮==的字。\n\n*[AIS]: hidden words\n\n[Button](a.md){ .md-button .wide }\n\n"
        "`a == b`, a==b, 1 == 2\n",
        [
            "Press Ctrl+Alt+Q for H2O and x2, lit new and C++ or D++.",
            "这是高亮的字。",
            "[Button](a.md)",
            "a==b, 1 == 2",
        ],
        ["8<--", "==lit", "^^", "hidden words", "md-button"],
    ),
    "CriticMarkup": (
        ".md",
        "Moor {++here++}{--there--} {~~old~>new~~} {==lit==}{>>who said so<<} now.\n",
        ["Moor here new lit now."],
        ["{", "there", "old", "who said so"],
    ),
    "attributes of Pandoc": (
        ".md",
        "# Quay {.unnumbered #quay key=val}\n\n[small words]{.smallcaps} and `rope`{.py} or `x`{=html}.\n\n"
        "## Set {a, b} of ropes\n\n$$x=1$$ {#eq:one}\n",
        ["# Quay {#quay}", "small words and `rope` or `x`.", "## Set {a, b} of ropes", "$$x=1$$"],
        [".unnumbered", "key=val", ".smallcaps", "{.py}", "{=html}", "eq:one"],
    ),
    "a drawn table": (
        ".md",
        "Above.\n\n+-------+--------+\n| Berth | Use    |\n+:======+========+\n| 80    | oil    |\n"
        "|       | and gas |\n"
        "+-------+---------+\n\n+-------+--------+\n| Berth | Use    |\n+=======+========+\n"
        "| 81    | grain  |\n"
        "|       | or ore |\n+-------+--------+\n\nBelow.\n",
        ["Above.", "| Berth | Use |", "| 81 | grain or ore |", "Below.", "oil"],
        ["+=======+========+\n| 81"],
    ),
    "Obsidian": (
        ".md",
        "See [[Long quay|the quay]] and [[Other pier]].\n\n![[plan.png]]\n\n%% to do: ask %%\n\n"
        "Block. ^ab12\n\n"
        "[[1, 2], [3]] and [[ -f rope ]] and [[a, b]]\n",
        ["See the quay and Other pier.", "Block.", "[[1, 2], [3]] and [[ -f rope ]] and [[a, b]]"],
        ["Long quay", "plan.png", "to do", "^ab12"],
    ),
    "Hexo": (
        ".md",
        "{% tabs Moor %}\n<!-- tab By hand@icon -->\nPull.\n<!-- endtab -->\n{% endtabs %}\n\n"
        "{% codeblock lang:js %}\nmoor()\n{% endcodeblock %}\n",
        ["By hand", "Pull.", "```js\nmoor()\n```"],
        ["{%", "<!--", "@icon", "endtab"],
    ),
    "GitBook's title of a code block": (
        ".md",
        '{% code title="moor.js" lineNumbers="true" %}\n```js\nmoor()\n```\n{% endcode %}\n',
        ["moor.js", "```js\nmoor()\n```"],
        ["{%", "````", "lineNumbers"],
    ),
    "links by reference that are their own name": (
        ".md",
        "Ask [the office] or [me], see [x] and a[0].\n\n[the office]: http://port.example/o\n"
        "[Me]: <http://port.example/m>\n",
        ["[the office](http://port.example/o)", "[me](http://port.example/m)", "see [x] and a[0]"],
        ["]: "],
    ),
    "what Feishu exports": (
        ".md",
        '# 码头\n\n<callout emoji="bulb" background-color="light-orange">\n注意缆绳\n</callout>\n\n'
        '<grid cols="2"><column width="50">\n左栏\n</column><column width="50">\n右栏\n</column></grid>\n\n'
        '<image token="abc" width="1" />\n<file token="d" name="plan.pdf"/>\n\n写 <your_token> 在此。\n',
        ["注意缆绳", "左栏", "右栏", "plan.pdf", "<your_token>"],
        ["callout", "<grid", "column", "token=", "light-orange"],
    ),
    "a component that HTML has too": (
        ".mdx",
        '<Aside type="tip" title="Mind the tide">Low at six.</Aside>\n\n'
        '<Details summary="Why so">The moon.</Details>\n',
        ["Mind the tide", "Low at six.", "Why so", "The moon."],
        ["<", "type="],
    ),
    "facts as JSON": (
        ".md",
        '{\n  "title": "The quay",\n  "date": "2026-01-02",\n  "tags": ["a"]\n}\n\nBody words.\n',
        ["Body words."],
        ["{", "tags"],
    ),
    "a page that begins with JSON": (".md", '{"port": 80}\n\nis the answer.\n', ['{"port": 80}'], []),
    "Confluence's storage": (
        ".html",
        '<h1>T</h1><ac:structured-macro ac:name="code"><ac:parameter ac:name="language">sh</ac:parameter>'
        '<ac:parameter ac:name="title">How to moor</ac:parameter><ac:plain-text-body><![CDATA[moor '
        '<rope> && go]]>'
        "</ac:plain-text-body></ac:structured-macro><ac:task-list><ac:task><ac:task-id>7</ac:task-id>"
        "<ac:task-status>complete</ac:task-status><ac:task-body>Check the "
        "rope</ac:task-body></ac:task></ac:task-list>"
        '<p><ac:link><ri:page ri:content-title="X"/><ac:plain-text-link-body><![CDATA[the pier]]>'
        "</ac:plain-text-link-body></ac:link></p>",
        ["How to moor", "moor <rope> && go", "Check the rope", "the pier"],
        ["CDATA", "ac:", "complete", "]]>", "language"],
    ),
    "what a terminal prints": (
        ".txt",
        "\x1b[1;31mError\x1b[0m: rope\f\nPage \x1b]0;window\x07two\n",
        ["Error: rope", "Page two"],
        ["\x1b", "\f", "window"],
    ),
    "cards and menus of Sphinx": (
        ".rst",
        "T\n=\n\n.. card:: Head words\n\n   Top\n   ^^^\n   Middle\n   +++\n   Foot\n\n"
        "Choose :menuselection:`&File --> Save & close` or :guilabel:`&Cancel`.\n",
        ["Head words", "Top", "Middle", "Foot", "File › Save & close", "Cancel"],
        ["^^^", "+++", "&File", "&Cancel", "-->"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_words_are_kept_and_marks_are_not_shown(name: str) -> None:
    suffix, text, kept, marks = CASES[name]
    page = read(suffix, text.encode())
    shown = page.text.replace("\\<", "<")
    assert [words for words in kept if words not in shown] == [], shown
    assert [mark for mark in marks if mark in page.text or mark in (page.title or "")] == [], page.text


def test_tables_that_are_drawn_wrong_are_left_and_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(grids, "_table", lambda lines: seen.append(len(lines)) or "")
    text = "+--+--+\n|a |b |\n+--+----+\n" * 300
    assert grids.with_grid_tables(text) == text
    assert sum(seen) <= text.count("\n")


def test_titles_have_no_attributes() -> None:
    assert read(".md", b"# Quay {.unnumbered #quay}\n\nText.\n").title == "Quay"
    assert read(".md", b'{"title": "The quay"}\n\nText.\n').title == "The quay"


def test_a_notebook_without_its_pictures_and_colours() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Tide\n", "![plan](attachment:plan.png)\n", "Low at six."]},
        {
            "cell_type": "code",
            "source": "show()",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["\x1b[31mRed\x1b[0m words\n"]}],
        },
    ]
    page = read(".ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode())
    assert "Low at six." in page.text
    assert "Red words" in page.text
    assert not any(mark in page.text for mark in ("attachment", "\x1b", "[31m"))


def test_words_that_word_does_not_show() -> None:
    run = "<w:r><w:rPr><w:vanish{}/></w:rPr><w:t>{}</w:t></w:r>"
    runs = run.format("", "hidden ") + run.format(' w:val="0"', "too")
    page = read(".docx", word(f"<w:p><w:r><w:t>Seen </w:t></w:r>{runs}</w:p>"))
    assert page.text.strip() == "Seen too"
