"""Texts: Markdown in the marks of many generators, MDX, rst, HTML, plain text, tables, notebooks, code."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils.core import publish_string

from bench import format_readers
from bench.format_makers import DATA, EACH, RENDER, Made, markdown_text, paragraphs, plain_text, real, words
from bench.format_readers import Browser
from index.sources.formats.code import LEAST_WORDS
from index.sources.formats.encoding import decode
from index.sources.formats.markdown.front_matter import split_front_matter

_SHORTCODE = re.compile(r"\{\{[<%].*?[>%]\}\}|\{%.*?%\}")


def _markdown(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for file in real("*.md", chance):
        raw = file.read_bytes()
        body = _SHORTCODE.sub("", split_front_matter(decode(raw)[0])[1])
        yield raw, words(markdown_text(body))
    for lines in paragraphs(chance):
        yield _dialects(lines).encode(), words(" ".join(["Heading words", *lines, *_labels(len(lines))]))


def _labels(count: int) -> list[str]:
    return [f"label{number}" for number in range(count)]


def _dialects(lines: list[str]) -> str:
    """Each paragraph under a label, in the marks of another generator."""
    parts = ["+++\ntitle = 'A page'\n+++\n\n# Heading words"]
    for number, line in enumerate(lines):
        shapes = [
            f'!!! note "LABEL"\n    {line}',
            f'=== "LABEL"\n\n    {line}',
            f"::: tip LABEL\n{line}\n:::",
            f'{{{{< tab "LABEL" >}}}}\n{line}\n{{{{< /tab >}}}}',
            f'{{% tab title="LABEL" %}}\n{line}\n{{% endtab %}}',
            f"<details><summary>LABEL</summary>\n\n{line}\n\n</details>",
            f"<table><tr><th>LABEL</th></tr><tr><td>{line}</td><td></td></tr></table>",
            f"> [!WARNING]\n> LABEL {line}",
            f'<div class="card" markdown="1">\n<b>LABEL</b> {line}\n</div>',
        ]
        parts.append(shapes[number % len(shapes)].replace("LABEL", f"label{number}"))
    return "\n\n".join(parts)


def _mdx(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
        parts = ["---\ntitle: A page\n---\nimport Tabs from '@theme/Tabs'\n", "# Heading words"]
        for number, line in enumerate(lines):
            label = f"label{number}"
            parts.append(
                [
                    f"{label} {line}",
                    f'<TabItem value="x" label="{label}">\n\n{line}\n\n</TabItem>',
                    f":::tip[{label}]\n\n{line}\n\n:::",
                    f'<Card title="{label}" icon={{<Icon name="x" />}}>\n  {line}\n</Card>',
                    f"<Step>\n  ### {label}\n  {line}\n</Step>\n\n{{/* unseen */}}",
                ][number % 5]
            )
        yield "\n\n".join(parts).encode(), words(" ".join(["Heading words", *lines, *_labels(len(lines))]))


def _rst(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    settings: dict[str, Any] = {
        "report_level": 6,
        "halt_level": 6,
        "file_insertion_enabled": False,
        "raw_enabled": False,
    }
    settings |= {"syntax_highlight": "none", "warning_stream": io.StringIO(), "doctitle_xform": False}
    for file in real("*.rst", chance) if any(DATA.rglob("*.rst")) else []:
        raw = file.read_bytes()
        known = re.sub(r":[\w:+-]+:(?=`)", "", decode(raw)[0])
        made = publish_string(
            known, writer="html5", settings_overrides={**settings, "output_encoding": "unicode"}
        )
        wanted = words(plain_text(str(made)))
        yield raw, wanted - words(" ".join(re.findall(r"^:[\w-]+:.*$", known, re.MULTILINE)))
    for lines in paragraphs(chance):
        parts = ["Heading words\n============="]
        for number, line in enumerate(lines):
            shapes = [
                f".. tabs::\n\n   .. tab:: LABEL\n\n      .. note::\n\n         {line}",
                f".. versionadded:: LABEL\n   {line}",
                f'.. csv-table::\n   :header: "LABEL"\n\n   "{line.replace(chr(34), "")}"',
                f".. dropdown:: LABEL\n   :open:\n\n   {line}",
                f"LABEL::\n\n    {line}",
                f".. |s{number}| replace:: LABEL\n\n|s{number}| {line}",
                f"LABEL [#f{number}]_\n\n.. [#f{number}] {line}",
            ]
            parts.append(shapes[number % len(shapes)].replace("LABEL", f"label{number}"))
        yield (
            "\n\n".join(parts).encode(),
            words(" ".join(["Heading words", *lines, *_labels(len(lines))])),
        )


_PAGES = (
    "<main><article><header><h1>HEAD</h1></header>BODY<aside><p>ASIDE</p></aside></article></main>",
    '<div class="document"><div class="body" role="main"><h1>HEAD<a class="headerlink" href="#h">¶</a></h1>'
    'BODY<div class="admonition note"><p class="admonition-title">Note</p><p>ASIDE</p></div></div></div>',
    "<form id='aspnetForm'><div id='content'><h1>HEAD</h1>BODY<p>ASIDE</p></div></form>",
    "<article><h1>HEAD</h1>BODY</article><article><h2>Second</h2><p>ASIDE</p></article>",
    "<h1>HEAD</h1><table><tr><td>BODY</td></tr></table><p>ASIDE</p>",
)
_BLOCKS_OF_CODE = (
    "<figure class='highlight'><table><tr><td class='gutter'><pre><span class='line'>1</span></pre></td>"
    "<td class='code'><pre><span class='line'>CODE</span><br></pre></td></tr></table></figure>",
    "<pre>CODE<br>second line</pre>",
    "<div class='highlight-python'><div class='highlight'><pre><span></span>CODE</pre></div></div>",
)


def _html(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    """Pages in the shapes of several generators, as a browser shows them."""
    see = seen or plain_text
    plain = [file for file in real("*.md", chance, 3 * EACH) if b":::" not in file.read_bytes()]
    for number, file in enumerate(plain[:EACH]):
        body = RENDER.render(_SHORTCODE.sub("", split_front_matter(decode(file.read_bytes())[0])[1]))
        code = _BLOCKS_OF_CODE[number % len(_BLOCKS_OF_CODE)].replace("CODE", "harbor up --now")
        shape = _PAGES[number % len(_PAGES)]
        content = (
            shape.replace("BODY", body + code).replace("HEAD", "Heading words").replace("ASIDE", "Beware.")
        )
        page = f"<html><head><title>T</title></head><body><nav>menu</nav>{content}</body></html>"
        unseen = Counter({"1": 1}) if "gutter" in code else Counter()
        yield page.encode(), words(see(page)) - unseen


def _plain(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
        text = "\n\n".join(lines)
        yield text.encode(chance.choice(("utf-8", "utf-16", "gb18030"))), words(text)


def _csv(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=chance.choice(",;\t"))
        rows: list[list[Any]] = [["number", "words"], *([number, line] for number, line in enumerate(lines))]
        writer.writerows(rows)
        yield out.getvalue().encode(), words(" ".join(str(cell) for row in rows for cell in row))


def _notebook(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    for lines in paragraphs(chance):
        cells: list[dict[str, Any]] = [
            {
                "cell_type": ("markdown", "code")[number % 2],
                "source": [line],
                "outputs": [{"output_type": "stream", "text": [f"printed {number}\n"]}] if number % 2 else [],
            }
            for number, line in enumerate(lines)
        ]
        raw = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode()
        yield raw, words(format_readers.notebook_text(raw, markdown_text))


def _code(chance: random.Random, seen: Browser | None) -> Iterator[Made]:
    """This project's own modules, as real ones; docstrings and comments are what they say."""
    files = sorted(file for room in ("bot", "index", "worker") for file in Path(room).rglob("*.py"))
    for file in chance.sample(files, EACH):
        raw = file.read_bytes()
        yield raw, words(format_readers.code_text(".py", raw.decode(), LEAST_WORDS))


TEXTS: dict[str, Callable[[random.Random, Browser | None], Iterator[Made]]] = {
    ".md": _markdown,
    ".mdx": _mdx,
    ".rst": _rst,
    ".html": _html,
    ".txt": _plain,
    ".ipynb": _notebook,
    ".csv": _csv,
    ".py": _code,
}
