"""Texts and their markup that break readers: nested, unclosed, endless, in no encoding."""

from __future__ import annotations

import base64
import json

from bench.hostile.made import Kind, write

_PICTURE = base64.b64encode(bytes(range(256)) * 6000).decode()
TEXTS: dict[str, Kind] = {
    "html nested 400 lists": write("lists.html", "<ul><li>a" * 400),
    "html nested 30,000 times": write("deep.html", "<html><body>" + "<div>" * 30_000 + "deep"),
    "html nested inline": write("inline.html", "<p>" + "<b><i>" * 8_000 + "x"),
    "html of open tags": write("tags.html", "<a " * 100_000),
    "html of comments": write("comments.html", "<p>a</p>" + "<!--" * 60_000),
    "html of one wide table": write("wide.html", "<table><tr>" + "<td>a" * 100_000),
    "html of nested tables": write("tables.html", "<table><tr><td>a" * 5_000),
    "html with half characters": write("half.html", "<p>&#xD800; &#0; a\x00b</p>"),
    "html with a permalink pump": write(
        "pump.html", "<h1>" + " " * 60_000 + "x" + "¶ " * 20_000 + "</h1><p>a"
    ),
    "heading and blanks": write("blanks.md", "# a" + " " * 60_000 + "b"),
    "open comments": write("comments.md", "<!--" * 60_000),
    "20,000 headings": write("headings.md", "# a\n" * 20_000),
    "60,000 different headings": write(
        "unlike.md", lambda: "".join(f"## Heading {n}\n\nText {n}.\n" for n in range(60_000))
    ),
    "17 MB of plain text": write("plain.txt", "All work and no play makes a dull page. " * 425_000),
    "17 MB of text that is never the same": write(
        "unlike.txt",
        lambda: "".join(f"On day {n} the harbor had {n * 7919 % 9973} ships. " for n in range(400_000)),
    ),
    "a line of 2 MB": write("line.md", "a" * 2_000_000),
    "2 MB of words in a line": write("words.md", "# " + "word " * 400_000),
    "null bytes": write("null.md", b"# a\x00b\n\n\x00\x01"),
    "open brackets": write("brackets.md", "# " + "[" * 200_000 + "\n\n" + "![](" * 50_000),
    "open code": write(
        "ticks.md", lambda: "".join("`" * n + "a" for n in range(1, 700)) + "\n```\n" * 20_001
    ),
    "open front matter": write("front.md", "---\n" + "a: b\n" * 40_000),
    "a laughing front matter": write(
        "laughs.md",
        lambda: (
            "---\na0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
            + "---\n\nText.\n"
        ),
    ),
    "deep quotes": write("quotes.md", ">" * 100_000 + " a\n" + "> " * 50_000),
    "deep lists": write("lists.md", lambda: "".join(" " * n + "- a\n" for n in range(2_000))),
    "emphasis": write("emphasis.md", "*a_ **b__ " * 30_000),
    "a picture in the text": write(
        "picture.md", f"# Guide\n\nPress it.\n\n![p](data:image/png;base64,{_PICTURE})\n"
    ),
    "tables of pipes": write("pipes.md", "|" * 200_000 + "\n" + "|-" * 100_000 + "\n"),
    "rst underlines": write("lines.rst", "a\n=\n" * 30_000 + "=" * 100_000),
    "rst roles": write("roles.rst", ":a:`" * 50_000 + "`a <" * 50_000),
    "rst directives in each other": write(
        "directives.rst",
        lambda: "".join("   " * n + ".. note::\n\n" for n in range(500)) + "   " * 501 + "end",
    ),
    "rst indentation": write("indent.rst", lambda: "".join(" " * (n % 300) + "a::\n" for n in range(20_000))),
    "rst tables": write("tables.rst", "+---+\n" * 5_000 + "=== ===\n" * 5_000),
    "rst that includes": write(
        "include.rst", ".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/hosts\n"
    ),
    "rst substitutions": write(
        "laughs.rst",
        lambda: "".join(f".. |a{n}| replace:: {f'|a{n - 1}| ' * 9}\n" for n in range(1, 12)) + "\n|a11|\n",
    ),
    "notebook nested deep": write("deep.ipynb", '{"cells":' + "[" * 100_000),
    "notebook of odd cells": write(
        "odd.ipynb",
        lambda: json.dumps(
            {"cells": [None, 5, [], {"cell_type": "code", "source": {"a": 1}, "outputs": "x"}]}
        ),
    ),
    "notebook of one long output": write(
        "output.ipynb",
        lambda: json.dumps(
            {"cells": [{"cell_type": "code", "source": "a", "outputs": [{"text": ["word "] * 500_000}]}]}
        ),
    ),
    "csv of 30,000 columns": write(
        "wide.csv", lambda: ",".join(map(str, range(30_000))) + "\n" + "a," * 30_000
    ),
    "csv of open quotes": write("quotes.csv", 'a,b\n"' + "x\n" * 300_000),
    "csv of 60,000 rows": write("rows.csv", "a,b\n" + "1,2\n" * 60_000),
    "mdx of open braces": write(
        "braces.mdx", "{/*" * 60_000 + "<A b={" * 30_000 + "export const a\n" * 10_000
    ),
    "shortcodes": write("codes.md", "{{< a " * 40_000 + "{% b " * 40_000 + "{% highlight x %}" * 10_000),
    "references": write(
        "links.md", lambda: "[a][b] " * 40_000 + "\n\n" + "".join(f"[b{n}]: /u\n" for n in range(20_000))
    ),
    "tags in tables": write("nested.md", "<table><tr><td>" * 5_000 + "x" + "</table>" * 2_000),
    "admonitions in each other": write(
        "notes.md", lambda: "".join(" " * 4 * n + "!!! note\n" for n in range(500))
    ),
    "half of UTF-16": write("half.txt", b"\xff\xfea\x00b"),
    "text of another encoding": write("big5.txt", "安裝說明與設定".encode("big5") * 50),
    "random bytes": write("random.txt", lambda: bytes((n * n * 31 + n) % 256 for n in range(30_000))),
}
