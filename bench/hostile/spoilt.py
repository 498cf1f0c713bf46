"""Texts that are not what their names say: in other encodings, with absurd values, going in circles."""

from __future__ import annotations

import json
from typing import Any

from bench.hostile.made import Kind, write

_JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)) * 40
_CHINESE = "# 安装说明\n\n先安装它，再运行它。\n" * 20


def _notebook(cells: Any, **more: Any) -> str:
    return json.dumps({"cells": cells, "nbformat": 4, **more}, ensure_ascii=False)


SPOILT: dict[str, Kind] = {
    "a picture called md": write("picture.md", _JPEG),
    "a picture called html": write("picture.html", _JPEG),
    "a picture called csv": write("picture.csv", _JPEG),
    "a picture called ipynb": write("picture.ipynb", _JPEG),
    "a picture called rst": write("picture.rst", _JPEG),
    "md in UTF-16 without its mark": write("wide.md", _CHINESE.encode("utf-16-le")),
    "md in UTF-32": write("wider.md", _CHINESE.encode("utf-32")),
    "md in GB 18030 cut in a character": write("cut.md", _CHINESE.encode("gb18030")[:-3]),
    "mdx in GB 18030": write("chinese.mdx", _CHINESE.encode("gb18030")),
    "rst in Shift-JIS": write(
        "japanese.rst", ("設定\n====\n\n設定を変更します。\n" * 20).encode("shift_jis")
    ),
    "csv in UTF-16": write("wide.csv", "问题,答案\n安装,运行\n".encode("utf-16")),
    "html that names no encoding there is": write("odd.html", '<meta charset="klingon-8"><p>words</p>'),
    "ipynb in UTF-16": write(
        "wide.ipynb", lambda: _notebook([{"cell_type": "markdown", "source": "字"}]).encode("utf-16")
    ),
    "notebook of a number without end": write(
        "number.ipynb", '{"nbformat": ' + "9" * 100_000 + ', "cells": []}'
    ),
    "notebook that is not a number": write(
        "nan.ipynb", '{"cells": [{"source": NaN, "cell_type": Infinity}]}'
    ),
    "notebook of 200,000 cells": write(
        "cells.ipynb", lambda: _notebook([{"cell_type": "markdown", "source": "a"}] * 200_000)
    ),
    "notebook whose cells are one": write(
        "one.ipynb", lambda: _notebook({"cell_type": "markdown", "source": "a"})
    ),
    "notebook of sheets that are none": write("sheets.ipynb", '{"worksheets": [5, {"cells": 7}, null]}'),
    "notebook of a heading beyond all": write(
        "level.ipynb", lambda: _notebook([{"cell_type": "heading", "level": 10**9, "source": ["a", 5, None]}])
    ),
    "notebook of halves of characters": write(
        "half.ipynb", '{"cells": [{"cell_type": "markdown", "source": "\\ud800 words \\udfff"}]}'
    ),
    "csv of a cell of 5 MB": write("cell.csv", f'a,b\n1,"{"word " * 1_000_000}"\n'),
    "csv of null bytes": write("null.csv", b"a,b\n1,\0\0\n\0,2\n"),
    "csv of one endless line": write("line.csv", "a;" * 1_000_000),
    "csv of rows of every length": write(
        "ragged.csv", lambda: "".join("x," * (n % 300) + "\n" for n in range(5_000))
    ),
    "tsv of quotes": write("quotes.tsv", '"\t' * 200_000),
    "mdx of components in each other": write(
        "deep.mdx", "<Tabs>\n" * 20_000 + "words\n" + "</Tabs>\n" * 20_000
    ),
    "mdx of templates": write("templates.mdx", "{`" * 30_000 + "${" * 30_000 + "words"),
    "mdx of attributes": write("attributes.mdx", "<A " + 'b={{c: "}}"}} ' * 20_000 + "/>\n\nwords"),
    "mdx of exports": write("exports.mdx", "export const a = () => {\n" * 20_000 + "\nwords"),
    "rst that includes itself": write("self.rst", ".. include:: self.rst\n\nwords\n"),
    "rst of targets in circles": write("targets.rst", ".. _a: b_\n.. _b: a_\n\na_ b_ words\n"),
    "rst of substitutions in circles": write(
        "circle.rst", ".. |a| replace:: |b|\n.. |b| replace:: |a|\n\n|a| words\n"
    ),
    "rst of tables read from files": write(
        "tables.rst",
        ".. csv-table:: words\n   :file: /etc/passwd\n\n.. csv-table:: x\n   :url: http://127.0.0.1:9/\n",
    ),
    "rst of absurd options": write(
        "options.rst",
        ".. list-table:: a\n   :widths: 99999999999 -1 x\n   :header-rows: 1e9\n\n   * - words\n",
    ),
    "rst of footnotes": write(
        "notes.rst", lambda: "".join(f"a [#f{n}]_\n\n.. [#f{n}] b\n\n" for n in range(700))
    ),
}

CODE: dict[str, Kind] = {
    "py of null bytes": write("null.py", b'"""Words of the module."""\n\0\0\n'),
    "py nested 10,000 deep": write("deep.py", '"""Words."""\nx = ' + "(" * 10_000 + ")" * 10_000),
    "py of lists in each other": write("lists.py", '"""Words."""\nx = ' + "[" * 5_000),
    "py of one long sum": write("sum.py", '"""Words."""\nx = 1' + " + 1" * 50_000),
    "py of functions in each other": write(
        "functions.py",
        lambda: "".join(" " * n + f'def f{n}():\n{" " * n} """Words {n}."""\n' for n in range(95)),
    ),
    "py of an open string": write("open.py", '"""Words of the module that never end\n' + "a\n" * 100_000),
    "py in no encoding": write("coding.py", '# -*- coding: klingon -*-\n"""Words."""\n'),
    "py of a wrong encoding": write(
        "wrong.py", '# -*- coding: ascii -*-\n"""说明文字在这里。"""\n'.encode("gb18030")
    ),
    "py of Python 2": write("old.py", 'print "words"\nexec "x"\n# A comment of several words stands here.\n'),
    "py of a number without end": write("number.py", '"""Words of a module."""\nx = ' + "9" * 100_000),
    "py of 15,000 comments": write("comments.py", "# a comment of words\nx = 1\n" * 15_000),
    "js in one line": write("line.js", "/* words of a comment */" + "function(){return 1};" * 200_000),
    "js of open comments": write("open.js", "/*" * 100_000),
    "js of quotes and slashes": write("quotes.js", "'\"`/" * 100_000),
    "c of closed comments": write("closed.c", "*/ /**/ //" * 50_000),
    "go in UTF-16": write("wide.go", "// Words of a comment in Go.\npackage a\n".encode("utf-16")),
    "rs of comments in each other": write("inner.rs", "/* a " * 20_000 + "*/ " * 20_000),
    "sql of dashes": write("dashes.sql", "-- " * 100_000 + "\n--words of a comment\n" * 1_000),
    "sh that is a program": write("program.sh", lambda: b"\x7fELF" + bytes(range(256)) * 100),
}
"""Read by a source that has `code: true`."""
