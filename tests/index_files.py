"""Small documents of every format, and an embedder that needs no model: what the index tests build on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import docx
import numpy as np

from bot.config.settings import GateSettings, IndexSettings, RedisSettings, Settings, SourceSettings
from index.search.embed import Vectors, normalised
from index.text.terms import terms

MARKDOWN = """# KV cache quantization

Quantizing the key-value cache saves GPU memory.

## Usage

Set `quant_policy=8` for int8, or `--cache-max-entry-count 0.5` to shrink the cache.

```shell
# not a heading
lmdeploy serve api_server
```

## Accuracy

int4 loses a little accuracy.
"""
CHINESE = """# 安装

推荐使用 pip 安装。

## 从源码安装

先克隆仓库，然后运行 `pip install -e .`。

## 验证安装

运行 `python -m demo`，看到输出就是安装成功。
"""
RST = """
Getting started
===============

Install with ``pip``.

Run it
------

.. code-block:: shell

   fennel --help

See `the site <https://example.org/site>`_ and :ref:`more <more>`.

.. toctree::

   other
"""
HTML = """<html><head><title>Webhook guide</title><script>var a = "gone"</script></head><body><nav>menu</nav>
<main><h1 id="top">Webhook</h1><p>Push events to <code>/feishu/event</code>.</p>
<h2 id="retry">Retries<a href="#retry">¶</a></h2><ul><li>after 15 s</li><li>after 5 min</li></ul>
<table><tr><th>code</th><th>meaning</th></tr><tr><td>230020</td><td>too fast</td></tr></table>
<pre>curl -X POST</pre></main></body></html>"""


def write_documents(folder: Path) -> Path:
    """One document of each format in `folder`, in both languages."""
    (folder / "docs" / "zh_cn").mkdir(parents=True)
    (folder / "docs" / "kv_quant.md").write_text(MARKDOWN, "utf-8")
    (folder / "docs" / "zh_cn" / "install.md").write_text(CHINESE, "utf-8")
    (folder / "start.rst").write_text(RST, "utf-8")
    (folder / "hook.html").write_text(HTML, "utf-8")
    (folder / "notes.txt").write_text("Backups run every night at two o'clock.", "utf-8")
    write_pdf(folder / "manual.pdf")
    write_docx(folder / "policy.docx")
    return folder


def write_pdf(file: Path) -> None:
    """Two pages of text."""
    from fpdf import FPDF  # with fontTools half a second, and few runs write one

    pdf = FPDF()
    pdf.set_font("helvetica")
    for text in ("The warranty lasts two years.", "Return the device in its box."):
        pdf.add_page()
        pdf.cell(text=text)
    pdf.output(str(file))


def write_docx(file: Path) -> None:
    """Headings, a list and a table."""
    document = docx.Document()
    document.add_heading("Holiday policy", level=1)
    document.add_paragraph("Everybody has thirty days.")
    document.add_heading("Exceptions", level=2)
    document.add_paragraph("Interns have ten.", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("who", "days"), ("intern", "10")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(str(file))


class WordEmbedder:
    """Vectors from hashed words: texts that share words are close. Deterministic, no model."""

    name = "test:words"
    dimensions = 256

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: list[str]) -> Vectors:
        self.embedded.extend(texts)
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in terms(text) or ["?"]:
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimensions] += 1
        return normalised(vectors)


def settings_for(
    folder: Path, *sources: SourceSettings, redis_url: str = "redis://127.0.0.1:1/0"
) -> Settings:
    """Settings with an index in `folder`/index; the default Redis address answers nobody."""
    gate = GateSettings(questions=())
    index = IndexSettings(dir=folder / "index", sources=sources, gate=gate, keep_versions=2)
    return Settings(index=index, redis=RedisSettings(url=redis_url))
