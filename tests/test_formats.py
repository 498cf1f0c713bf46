"""Every visible word is read and no mark is shown, whatever wrote the file."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from bot.errors import LoadError
from index.sources.formats import SUFFIXES, DocumentText, read
from tests.office_files import SPACES, book, shape, slides, word
from worker.sentences import blocks


def shown(suffix: str, text: str | bytes) -> DocumentText:
    return read(suffix, text.encode() if isinstance(text, str) else text)


def lines(page: DocumentText) -> list[str]:
    return [line for line in page.text.split("\n") if line.strip()]


MDX = """---
title: Set up
---
import Tabs from "@theme/Tabs"
import {
  One,
  Two,
} from './parts'

export const port = 8080;

# Set up on Windows

{/* a comment */}
<Tabs groupId="os">
<TabItem value="mac" label="macOS">

Run `harbor up` there.

```jsx
<Tabs>import x from 'y'</Tabs>
```

</TabItem>
</Tabs>

import duties are not code.
"""


def test_mdx_shows_its_words_and_labels() -> None:
    page = shown(".mdx", MDX)
    assert page.title == "Set up"
    assert lines(page) == [
        "# Set up on Windows",
        "macOS",
        "Run `harbor up` there.",
        "```jsx",
        "<Tabs>import x from 'y'</Tabs>",
        "```",
        "import duties are not code.",
    ]


DIALECTS = """# Guide

!!! warning "Look out"
    Never do *this*.

    ```bash
    rm -r data
    ```

=== "Linux"

    apt install harbor

::: tip Good to know
inside
:::

:::note[A label]
more
:::

{% tabs %}
{% tab title="First tab" %}
alpha
{% endtab %}
{% endtabs %}

{% highlight python %}
print("<b>{% x %}</b>")
{% endhighlight %}

{{< notice title="Be careful" >}}
shortcode words
{{< /notice >}}

```{admonition} Of MyST
:class: tip

Read `this`.
```

```{code-block} yaml
:linenos:

key: value
```

> [!IMPORTANT]
> an alert

See [the docs][d], [d][] and a note[^1].

[d]: https://d.example "Title"
[^1]: The footnote's words.

[[_TOC_]]

A paragraph.
{: .lead }

## Named {#anchor}
"""


def test_the_marks_of_generators_go_and_their_words_stay() -> None:
    assert lines(shown(".md", DIALECTS)) == [
        "# Guide",
        "Look out",
        "Never do *this*.",
        "```bash",
        "rm -r data",
        "```",
        "Linux",
        "apt install harbor",
        "Good to know",
        "inside",
        "A label",
        "more",
        "First tab",
        "alpha",
        "```python",
        'print("<b>{% x %}</b>")',
        "```",
        "Be careful",
        "shortcode words",
        "Of MyST",
        "Read `this`.",
        "```yaml",
        "key: value",
        "```",
        "> Important",
        "> an alert",
        "See [the docs](https://d.example), [d](https://d.example) and a note.",
        "The footnote's words.",
        "A paragraph.",
        "## Named {#anchor}",
    ]


HTML_INSIDE = """<p align="center">
    <img src="a.png" width="20">
    <b>Harbor</b> is small.
</p>

Set <your_token> where `a <b>` stands, see <https://e.org/x>; 1 < 2 &amp; 3&nbsp;> 2 &lt;tag&gt;.

    <div>indented code stays</div>

<details><summary>More on <code>x</code></summary>

- a
  - b

</details>

<table><tr><th>Key</th><th>Value</th></tr><tr><td>port</td><td><code>80</code></td></tr></table>

<pre><code>ls <dir>
</code></pre>

<Card title="A card" icon="x">

Inside it

</Card>
<script>var gone = 1;</script>
<!-- gone -->
"""


def test_html_in_markdown_becomes_what_it_shows() -> None:
    assert lines(shown(".md", HTML_INSIDE)) == [
        "Harbor is small.",
        "Set \\<your_token> where `a <b>` stands, see https://e.org/x; 1 < 2 & 3 > 2 \\<tag>.",
        "    <div>indented code stays</div>",
        "**More on `x`**",
        "- a",
        "  - b",
        "| Key | Value |",
        "| --- | --- |",
        "| port | `80` |",
        "```",
        "ls <dir>",
        "```",
        "A card",
        "Inside it",
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: 'It: works'\n---\nText", "It: works"),
        ("---\ntitle: It: works\ntags: [a\n---\nText", "It: works"),
        ("---\ntitle: >-\n  Two\n  lines\n---\nText", "Two lines"),
        ('+++\ntitle = "Of TOML"\n[params]\na = 1\n+++\nText', "Of TOML"),
        ("<!-- lint off -->\n\n---\ntitle: Behind\n---\nText", "Behind"),
        ("---\nno facts here\n---\nText", ""),
        ("---\n\nA line across and a heading\n\n# Later\n", "Later"),
    ],
)
def test_front_matter_is_read_in_every_form(text: str, title: str) -> None:
    page = shown(".md", text)
    assert page.title == title
    if title and title != "Later":
        assert page.text.strip() == "Text"


def test_comment_marks_in_code_are_text() -> None:
    text = "A `<!--` opens.\n\n## Nested\n\nand `-->` ends.\n\n```html\n<!-- kept -->\n```\n\n"
    text += "<!-- gone\n\n# gone\n-->\nEnd <!-- open\n"
    assert lines(shown(".md", text)) == [
        "A `<!--` opens.",
        "## Nested",
        "and `-->` ends.",
        "```html",
        "<!-- kept -->",
        "```",
        "End \\<!-- open",
    ]


def test_pictures_in_the_text_are_cut() -> None:
    picture = "iVBORw0KGgo" * 4_000
    data = f"data:image/png;base64,{picture}"
    text = f"Press it.\n\n![shot]({data})\n\n<img src='{data}'>\n\nWait.\n"
    assert lines(shown(".md", text)) == ["Press it.", "Wait."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_chinese_is_read_in_its_encoding(encoding: str) -> None:
    text = (
        "安裝說明：請先下載，然後設定系統的環境。"
        if encoding == "big5"
        else "安装说明：请先下载，然后设定系统的环境。"
    )
    page = shown(".txt", (text * 3).encode(encoding))
    assert page.text == text * 3
    assert not page.notes


def test_text_cut_in_the_middle_of_a_character_stays_utf_8() -> None:
    page = shown(".md", "# 安装\n\n请先安装驱动".encode()[:-1])
    assert page.title == "安装"
    assert "请先安装驱" in page.text
    assert "not UTF-8" in page.notes[0]


RST = """
:orphan:

Title
=====

.. tabs::

   .. group-tab:: Linux

      .. code-block:: bash
         :caption: In a shell

         # a comment
         for x in a; do
             echo $x
         done

.. note:: Said at once
   and on.

   A second paragraph.

.. versionadded:: 2.0
   The thing.

.. csv-table:: Codes
   :header: "code", "means"

   230020, "too fast, wait"

.. |product| replace:: Harbor server

The |product| says [1]_ ``--flag`` to :func:`~pkg.mod.go` in :ref:`the part <label>`.

.. [1] Its footnote.

.. _label:

.. unknown-thing:: Shown argument
   :hidden: option

   Body of it::

     two blanks

.. option:: --port <number>

   The port.

.. include:: /etc/passwd

.. toctree::

   other
"""


@pytest.mark.slow
def test_restructured_text_is_read_to_its_last_directive() -> None:
    page = shown(".rst", RST)
    assert page.title == "Title"
    assert lines(page) == [
        "# Title",
        "Linux",
        "In a shell",
        "```bash",
        "# a comment",
        "for x in a; do",
        "    echo $x",
        "done",
        "```",
        "Note",
        "Said at once and on.",
        "A second paragraph.",
        "New in version 2.0: The thing.",
        "**Codes**",
        "| code | means |",
        "| --- | --- |",
        "| 230020 | too fast, wait |",
        "The Harbor server says [1] `--flag` to `go` in the part.",
        "[1] Its footnote.",
        "Shown argument",
        "Body of it:",
        "```",
        "two blanks",
        "```",
        "`--port <number>`",
        "The port.",
    ]


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


STYLES = f'<w:styles {SPACES}><w:style w:styleId="b1"><w:name w:val="heading 2"/></w:style></w:styles>'
CELL = "<w:tc><w:p>{}</w:p></w:tc>"
INNER = f"<w:tbl><w:tr>{CELL.format(run('inner'))}</w:tr></w:tbl>"
BODY = (
    f'<w:p><w:pPr><w:pStyle w:val="b1"/></w:pPr>{run("Head")}</w:p>'
    f"<w:p><w:ins>{run('inserted ')}</w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
    f"<w:hyperlink>{run('linked')}</w:hyperlink></w:p>"
    f"<w:sdt><w:sdtContent><w:p>{run('controlled')}</w:p></w:sdtContent></w:sdt>"
    f"<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent>"
    f"</w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent></w:pict>"
    f"</mc:Fallback></mc:AlternateContent></w:r>{run('around')}</w:p>"
    f"<w:tbl><w:tr>{CELL.format(run('a'))}<w:tc>{INNER}<w:p>{run('b')}</w:p></w:tc></w:tr>"
    f"<w:sdt><w:sdtContent><w:tr>{CELL.format(run('c'))}{CELL.format(run('d'))}</w:tr></w:sdtContent></w:sdt></w:tbl>"
    f'<w:p>{run("noted")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
)
FOOTNOTES = (
    f'<w:footnotes {SPACES}><w:footnote w:type="separator" w:id="0"><w:p>{run("no")}</w:p></w:footnote>'
    f'<w:footnote w:id="2"><w:p>{run("the footnote")}</w:p></w:footnote></w:footnotes>'
)


def test_word_documents_are_read_with_what_lies_in_boxes_and_controls() -> None:
    page = shown(".docx", word(BODY, styles=STYLES, footnotes=FOOTNOTES))
    assert page.title == "Head"
    assert lines(page) == [
        "## Head",
        "inserted linked",
        "controlled",
        "around",
        "boxed",
        "| a | inner b |",
        "| --- | --- |",
        "| c | d |",
        "noted[2]",
        "[2] the footnote",
    ]


def test_presentations_are_read_slide_by_slide() -> None:
    cell = "<a:tc><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    row = "<a:tr>" + cell.format("k") + cell.format("v") + "</a:tr>"
    graphic = f"<a:graphic><a:graphicData><a:tbl>{row}</a:tbl></a:graphicData></a:graphic>"
    table = f"<p:graphicFrame>{graphic}</p:graphicFrame>"
    grouped = f"<p:grpSp>{shape('grouped')}</p:grpSp>"
    first = shape("Welcome", "title") + shape("point", level=1) + grouped + shape("7", "sldNum")
    page = shown(".pptx", slides(first, shape("no title") + table, notes="said aloud"))
    assert page.title == "Welcome"
    assert lines(page) == [
        "## Welcome",
        "  - point",
        "- grouped",
        "said aloud",
        "## Slide 2",
        "- no title",
        "| k | v |",
        "| --- | --- |",
    ]


_CHART = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
_DIAGRAM = 'xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
CHART = (
    f"<c:chartSpace {_CHART} {SPACES}><c:chart>"
    "<c:title><c:tx><c:rich><a:p><a:r><a:t>Ships a year</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    "<c:plotArea><c:barChart><c:ser>"
    '<c:tx><c:strCache><c:pt idx="0"><c:v>berths</c:v></c:pt></c:strCache></c:tx>'
    '<c:cat><c:strCache><c:pt idx="0"><c:v>spring</c:v></c:pt>'
    '<c:pt idx="1"><c:v>autumn</c:v></c:pt></c:strCache></c:cat>'
    '<c:val><c:numCache><c:pt idx="1"><c:v>7</c:v></c:pt></c:numCache></c:val>'
    "</c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
)
DIAGRAM = (
    f"<d:dataModel {_DIAGRAM} {SPACES}><d:ptLst><d:pt><d:t><a:p><a:r><a:t>Moor, then report</a:t></a:r></a:p>"
    "</d:t></d:pt><d:pt/></d:ptLst></d:dataModel>"
)
DRAWN = (
    f'<w:p><w:r><w:drawing><c:chart {_CHART} r:id="r0"/></w:drawing></w:r></w:p>'
    f'<w:p><w:r><w:drawing><d:relIds {_DIAGRAM} r:dm="r1"/></w:drawing></w:r></w:p>'
)


def test_charts_and_diagrams_say_what_they_show() -> None:
    assert lines(shown(".docx", word(DRAWN, chart=CHART, diagramData=DIAGRAM))) == [
        "Ships a year",
        "- spring",
        "- autumn: berths 7",
        "- Moor, then report",
    ]


def strict(file: bytes) -> bytes:
    """The file as Office saves it by the standard's letter."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as given, zipfile.ZipFile(packed, "w") as out:
        for name in given.namelist():
            part = re.sub(
                rb"http://schemas\.openxmlformats\.org/(\w+)/2006/(main|relationships/|relationships\")",
                rb"http://purl.oclc.org/ooxml/\1/\2",
                given.read(name),
            )
            out.writestr(name, part)
    return packed.getvalue()


def test_strict_files_are_read_like_others() -> None:
    assert "controlled" in shown(".docx", strict(word(BODY, styles=STYLES, footnotes=FOOTNOTES))).text
    assert "## Welcome" in shown(".pptx", strict(slides(shape("Welcome", "title")))).text
    made = openpyxl.Workbook()
    assert made.active is not None
    made.active.append(["pump", 3])
    packed = io.BytesIO()
    made.save(packed)
    file = strict(packed.getvalue())
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(file)).read("xl/workbook.xml")
    assert "| pump | 3 |" in shown(".xlsx", file).text


def test_strings_below_any_name_are_documentation() -> None:
    source = (
        'LOW, HIGH = 1, 9\n"""Bounds of the tide table."""\n\n\nclass Quay:\n'
        '    def __init__(self) -> None:\n        self.depth = 9\n        """Metres at low water."""\n'
    )
    assert lines(shown(".py", source)) == [
        "- `LOW, HIGH`: Bounds of the tide table.",
        "### `def __init__(self) -> None`",
        "- `depth`: Metres at low water.",
    ]


def test_workbooks_are_read_as_their_cells_show_them() -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "Prices"
    for row in (
        ["Our prices"],
        ["item", "price", "since", "share"],
        ["pump|2", 3.0, date(2026, 1, 5), 0.125],
    ):
        sheet.append(row)
    sheet["D3"].number_format = "0.0%"
    hidden = made.create_sheet("Hidden")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    packed = io.BytesIO()
    made.save(packed)
    assert lines(shown(".xlsx", packed.getvalue())) == [
        "## Prices",
        "Our prices",
        "| item | price | since | share |",
        "| --- | --- | --- | --- |",
        "| pump\\|2 | 3 | 2026-01-05 | 12.5% |",
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_tables_of_values_are_read_with_any_separator(mark: str) -> None:
    rows = [f"name{mark}port", *(f"host{number}{mark}{number}" for number in range(25))]
    text = shown(".csv", "\n".join(rows)).text
    assert text.count("| name | port |") == 2, "every table has its header"
    assert "| host24 | 24 |" in text


DEFINITIONS = """Settings of the tower.

#### `TOWER_LIGHT=<lamp>`

: Which lamp is lit. It is kept
in the cellar.

    Defaults to `oil`.

    - `oil`: the old one

    !!! note

        Not in summer.

Height
:   How high it is,
    in metres.

    It cannot be changed.
Colour
: What it is painted in.

Words: that follow.

    code --stays
"""


def test_definitions_are_words_at_the_margin_and_no_code() -> None:
    text = shown(".md", DEFINITIONS).text
    assert lines(shown(".md", DEFINITIONS)) == [
        "Settings of the tower.",
        "#### `TOWER_LIGHT=<lamp>`",
        "Which lamp is lit. It is kept",
        "in the cellar.",
        "Defaults to `oil`.",
        "- `oil`: the old one",
        "Note",
        "Not in summer.",
        "**Height**",
        "How high it is,",
        "in metres.",
        "It cannot be changed.",
        "**Colour**",
        "What it is painted in.",
        "Words: that follow.",
        "    code --stays",
    ]
    assert [block.kind for block in blocks(text)].count("code") == 1


def test_options_of_a_directive_between_colons_are_not_shown() -> None:
    text = ":::{dropdown} By boat\n:open:\n:animate: fade-in\n\nRow.\n\n:kept: by hand\n:::\n"
    assert lines(shown(".md", text)) == ["By boat", "Row.", ":kept: by hand"]


def test_a_tag_with_braces_in_its_braces_is_a_tag() -> None:
    values = "values={[\n    {label: 'By boat', value: 'boat'},\n  ]}"
    tabs = f'<Tabs\n  groupId="way"\n  {values}\n>\n\nRow.\n\n</Tabs>'
    assert lines(shown(".mdx", tabs)) == ["Row."]


def test_a_break_in_a_cell_does_not_break_its_row() -> None:
    table = "| Key | Value |\n|---|---|\n| `shell` | here: `sh`<br/>there: `cmd` |\n| `port` | 80 |"
    assert lines(shown(".md", f"{table}\n\nOne<br>two")) == [
        "| Key | Value |",
        "|---|---|",
        "| `shell` | here: `sh` there: `cmd` |",
        "| `port` | 80 |",
        "One",
        "two",
    ]


def test_a_link_by_reference_may_be_named_by_code() -> None:
    text = (
        "Call [`lift`][] or [`drop`][down], never `lift` twice.\n\n```\nlift\n```\n\n"
        "  [`lift`]: /calls/lift\n  [down]: /calls/drop\n\n```\nlift\n```\n"
    )
    assert lines(shown(".md", text)) == [
        "Call [`lift`](/calls/lift) or [`drop`](/calls/drop), never `lift` twice.",
        *("```", "lift", "```"),
        *("```", "lift", "```"),
    ]


def test_rows_without_bars_at_their_ends_are_rows() -> None:
    table = (
        "Valve|Means\n:--|--:\nV1<a id=v1></a>|opens<br>`0` = shut<BR>`1` = open\n"
        "V2|<ul><li>a</li><li>b</li></ul>"
    )
    assert lines(shown(".md", f"Either<br>or a|b\n\n{table}\n\nOne|1<br>two")) == [
        "Either",
        "or a|b",
        "|Valve|Means|",
        "|:--|--:|",
        "|V1|opens `0` = shut `1` = open|",
        "|V2|  a; b  |",
        "One|1",
        "two",
    ]


def test_bars_are_added_where_they_lack_only_and_within_the_item_of_a_list() -> None:
    text = "- Valves:\n\n  A | B |\n  --- | --- |\n  c | d \\|\n\n```\nA|B\n-|-\n```\n"
    assert lines(shown(".md", text)) == [
        "- Valves:",
        "  |A | B |",
        "  |--- | --- |",
        "  |c | d \\||",
        "```",
        "A|B",
        "-|-",
        "```",
    ]


NOTE = "    Open the valve first:\n\n    ```bash\n    valve open\n\n    valve shut\n    ```\n"


@pytest.mark.parametrize(
    "written",
    [
        f"!!! note\n{NOTE}",
        "!!! note\n" + "".join(f"    {line}\n" if line else "\n" for line in NOTE.split("\n")),
        "!!! note\n" + NOTE.replace("    ", "\t"),
        NOTE.replace("    Open", "!!! note\n    Open")
        .replace("    ```", "        ```")
        .replace("    valve", "        valve"),
        "!!! note\n    Mind this.\n\n    ??? tip\n"
        + "".join(f"    {line}\n" if line else "\n" for line in NOTE.split("\n")),
    ],
    ids=["four in", "eight in", "tabs", "the fence alone eight in", "one in the other"],
)
def test_code_in_an_admonition_is_code_however_far_in_it_stands(written: str) -> None:
    text = shown(".md", f"Words.\n\n{written}\nMore words.\n").text
    assert "\n\nOpen the valve first:\n\n```bash\nvalve open\n\nvalve shut\n```\n\nMore words." in text


@pytest.mark.parametrize("mark", ['!!! note "Mind"', "::: tip Mind", '=== "Mind"'])
def test_a_box_in_a_list_item_stays_in_it(mark: str) -> None:
    inner = "        " if mark[0] in "!=" else "    "
    end = "    :::\n" if mark[0] == ":" else ""
    box = f"    {mark}\n\n{inner}```bash\n{inner}valve open\n{inner}```\n{end}"
    text = shown(".md", f"1. Open it.\n\n{box}\n2. Shut it.\n").text
    assert [block.kind for block in blocks(text)] == ["list"]
    assert "    Mind\n\n    ```bash\n    valve open\n    ```\n" in text


def test_notebooks_are_read_cell_by_cell() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Tutorial\n", "<b>Start</b> here."]},
        {
            "cell_type": "code",
            "source": "calibrate()",
            "outputs": [{"output_type": "stream", "text": ["done\n"]}],
        },
        {
            "cell_type": "code",
            "source": "plot()",
            "outputs": [{"data": {"image/png": "iVBO", "text/plain": "<Figure>"}}],
        },
        {"cell_type": "raw", "source": "raw words"},
        None,
    ]
    notebook = {"cells": cells, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4}
    page = shown(".ipynb", json.dumps(notebook))
    assert page.title == "Tutorial"
    fenced = "```python\ncalibrate()\n```\n```\ndone\n```\n```python\nplot()\n```\n```\nraw words\n```"
    assert lines(page) == ["# Tutorial", "Start here.", *fenced.split("\n")]


def test_books_are_read_in_the_order_of_their_spine() -> None:
    page = shown(".epub", book("The Book", "<h1>One</h1><p>first</p>", "<h1>Two</h1><p>second</p>"))
    assert page.title == "The Book"
    assert lines(page) == ["# One", "first", "# Two", "second"]


@pytest.mark.parametrize(
    "suffix", sorted(SUFFIXES - {".txt", ".md", ".markdown", ".mdx", ".rst", ".csv", ".tsv"})
)
@pytest.mark.parametrize("raw", [b"", b"\x00\x01", b"PK\x03\x04", b"{}", b"[]", b"<", b"null"])
def test_what_is_no_file_of_its_kind_is_a_load_error_or_empty(suffix: str, raw: bytes) -> None:
    with contextlib.suppress(LoadError):
        assert not read(suffix, raw).text.strip() or suffix in (".html", ".htm", ".xhtml")


CASES = Path("../shared/cases")


@pytest.mark.data
@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not here")
@pytest.mark.parametrize(
    ("place", "said", "unsaid"),
    [
        (
            "16-rst-code-inside-directives/input/install.rst",
            ["    echo $x", "py -3 -m venv .venv"],
            ["..", "::"],
        ),
        ("17-rst-literal-indent/input/code.rst", ["\ndef f():\n    return 1", "\npip install"], [" pip"]),
        ("19-html-aside-and-header/input/backup.html", ["Back up Harbor", "Never run it"], []),
        ("21-html-code-lines/input/hexo.html", ["cd harbor\npip install"], ["1\n2"]),
        ("21-html-code-lines/input/br.html", ["line one\nline two"], []),
        ("27-html-in-markdown/input/README.md", ["| Camera Z9 | harbor-zebra |"], ["<", "{{", "[!"]),
        ("04-mdx-and-notebooks/input/tutorial.ipynb", ["Zebra calibration"], []),
    ],
)
def test_the_small_inputs(place: str, said: list[str], unsaid: list[str]) -> None:
    text = read(Path(place).suffix, (CASES / place).read_bytes()).text
    assert all(words in text for words in said), text
    assert not any(mark in text for mark in unsaid), text


def test_icons_of_a_theme_say_yes_and_no_and_a_title_loses_the_attributes_of_its_link() -> None:
    page = (
        "# Ports\n\n"
        '!!! warning "Read [this first](https://a.example/){:target="_blank"}"\n    It matters.\n\n'
        "| Database | Web |\n| --- | --- |\n| Maria | :material-check: (paid) |\n"
        "| Oracle | :material-close-circle: |\n\n"
        "Press :octicons-gear-16:{ .big } Settings, written `:material-check:`.\n"
    )
    text = "\n".join(lines(shown(".md", page)))
    assert "✓ (paid)" in text
    assert "✗" in text
    assert "Press  Settings, written `:material-check:`." in text
    assert "this first" in text
    assert "target" not in text
    assert "octicons" not in text
