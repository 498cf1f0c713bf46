"""Markdown answers of all shapes: generated ones, always the same, and real documents cut into answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

EACH_SHAPE = 20
"""Generated answers of each shape."""

_DOCUMENTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "docs"
_LENGTHS = (300, 1200, 4000, 12_000, 40_000)
"""Characters of the answers that documents are cut into, in turns."""

_ZH_WORDS = "配置 模型 服务 推理 显存 量化 权重 检查点 数据集 评测 依赖 安装 阈值 检索 重排 回答 来源 群聊"
_EN_WORDS = """
the model server loads weights into memory and answers requests in batches while the index is searched for
passages that support each sentence
"""
_ZH = _ZH_WORDS.split()
_EN = _EN_WORDS.split()
_LANGUAGES = ["python", "bash", "sh", "C++", "yaml", "json", "mermaid", "", "text", "Dockerfile", "diff"]
_CODE = [
    "pip install -U lmdeploy",
    "from typing import Optional  # <unk>",
    "if (a < b && c > d) { return v[i] * 2; }",
    "kv_cache: {quant_policy: 8, dtype: int8}",
    "echo \"$HOME/bin:${PATH}\" | grep -c '`'",
    "<at id=all></at>",
    "模型 = 加载('权重')  # 注释",
]


@dataclass(frozen=True)
class Sample:
    """One answer and where it is from."""

    shape: str
    markdown: str


def corpus() -> list[Sample]:
    """Every answer, the generated ones first."""
    return [*_generated(), *_documents()]


def one_of_each_shape() -> list[Sample]:
    """The first generated answer of each shape."""
    return [Sample(shape, make(random.Random(f"{shape} 0"))) for shape, make in _SHAPES.items()]


def _generated() -> Iterator[Sample]:
    for shape, make in _SHAPES.items():
        for seed in range(EACH_SHAPE):
            yield Sample(shape, make(random.Random(f"{shape} {seed}")))


def _documents() -> Iterator[Sample]:
    """The beginnings of READMEs under the shared documents; none where the folder is absent."""
    files = sorted(path for path in _DOCUMENTS.rglob("*.md") if path.name.lower().startswith("readme"))
    for number, file in enumerate(files):
        text = file.read_text(encoding="utf-8", errors="replace")
        for part in list(_cut(text, _LENGTHS[number % len(_LENGTHS)]))[:1]:
            yield Sample("document", part)


def _cut(text: str, length: int) -> Iterator[str]:
    part = ""
    for paragraph in text.split("\n\n"):
        part += paragraph + "\n\n"
        if len(part) >= length:
            yield part
            part = ""
    if part.strip():
        yield part


def _words(rng: random.Random, count: int) -> str:
    chosen = rng.choice([_ZH, _EN])
    return ("" if chosen is _ZH else " ").join(rng.choice(chosen) for _ in range(count))


def _sentence(rng: random.Random) -> str:
    return _words(rng, rng.randint(4, 14)) + rng.choice(["。", ". ", "！", " [1]。", " [2]. ", "：", "? "])


def _prose(rng: random.Random) -> str:
    paragraphs = ("".join(_sentence(rng) for _ in range(rng.randint(1, 6))) for _ in range(rng.randint(1, 9)))
    return rng.choice(["\n\n", "\n"]).join(paragraphs)


def _emphasis(rng: random.Random) -> str:
    marks = [
        "**{}**",
        "*{}*",
        "~~{}~~",
        "`{}`",
        "***{}***",
        "__{}__",
        "**{}：**",
        "**“{}”**",
        "_{}_",
        "**`{}`**",
    ]
    return "".join(
        rng.choice(marks).format(_words(rng, 2)) + rng.choice(["", " ", "的", "，"]) + _words(rng, 2)
        for _ in range(rng.randint(3, 30))
    )


def _headings(rng: random.Random) -> str:
    return "\n\n".join(
        f"{'#' * rng.randint(1, 6)} {_words(rng, 4)}{rng.choice(['', ' #', ' C#'])}\n\n{_prose(rng)}"
        for _ in range(rng.randint(1, 8))
    )


def _list(rng: random.Random) -> str:
    lines = []
    depth = 0
    for number in range(rng.randint(3, 60)):
        depth = max(0, min(depth + rng.choice([-1, 0, 0, 1]), 7))
        marker = rng.choice(["-", "*", "+", f"{number + 1}.", "- [ ]", "- [x]"])
        lines.append(f"{' ' * 4 * depth}{marker} {_sentence(rng)}")
        if rng.random() < 0.15:
            lines.append(
                "\n" + " " * 4 * (depth + 1) + _fence(rng).replace("\n", "\n" + " " * 4 * (depth + 1)) + "\n"
            )
    return "\n".join(lines)


def _table_of(rng: random.Random, rows: int) -> str:
    columns = rng.randint(1, 6)
    cells = ["`a|b`", "**粗**", "x_1", "[文](https://a.b/c)", "a<br>b", "", "<unk>", "1 \\| 2"]
    lines = ["| " + " | ".join(_words(rng, 1) for _ in range(columns)) + " |", "|" + "---|" * columns]
    for _ in range(rows):
        row = [rng.choice([*cells, _words(rng, 3)]) for _ in range(columns + (rng.random() < 0.1))]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def _tables(rng: random.Random) -> str:
    return "\n\n".join(
        f"{_sentence(rng)}\n\n{_table_of(rng, rng.randint(0, 40))}" for _ in range(rng.randint(1, 9))
    )


def _fence(rng: random.Random) -> str:
    code = "\n".join(" " * rng.choice([0, 4, 8]) + rng.choice(_CODE) for _ in range(rng.randint(1, 12)))
    fence = rng.choice(["```", "~~~", "````"])
    return f"{fence}{rng.choice(_LANGUAGES)}\n{code}\n{fence}"


def _code(rng: random.Random) -> str:
    return "\n\n".join(f"{_sentence(rng)}\n\n{_fence(rng)}" for _ in range(rng.randint(1, 8)))


def _long_code(rng: random.Random) -> str:
    lines = "\n".join(f"{rng.choice(_CODE)}  # {number}" for number in range(rng.randint(300, 2500)))
    return f"{_sentence(rng)}\n\n```python\n{lines}" + rng.choice(["\n```\n\n" + _sentence(rng), ""])


def _quotes(rng: random.Random) -> str:
    text = "\n\n".join(rng.choice([_prose, _list, _code, _emphasis])(rng) for _ in range(rng.randint(1, 3)))
    return "\n".join(f"{'> ' * rng.randint(1, 2)}{line}" for line in text.split("\n"))


def _links(rng: random.Random) -> str:
    forms = [
        "[{}](https://example.com/a_b?x=1&y=2#z)", "[{}](./docs/{}.md)", "<https://example.com/{}>",
        "https://example.com/(a)_b，{}", "![{}](https://example.com/x.png)", "![{}](img/x.png)",
        "[![{}](https://i.mg/x.svg)](https://a.b)", "[{}](javascript:alert(1))", "[{}](mailto:a@example.com)",
        "[1]: https://evil.example {}", "[{}][1]", "[{}](https://a.b \"title\")", "www.example.com {}",
    ]  # fmt: skip
    return rng.choice([" ", "\n", "\n\n"]).join(
        rng.choice(forms).replace("{}", _words(rng, 2)) for _ in range(rng.randint(2, 25))
    )


def _markup(rng: random.Random) -> str:
    forms = [
        "<div align=\"center\">{}</div>", "<img src=\"x.png\" width=10>", "vector<{}> v;", "<at id=all></at>",
        "<at user_id=\"ou_x\">{}</at>", "List<Map<String, {}>>", "&lt;{}&gt; &amp;amp;", "<!-- {} -->",
        "a<br>{}", "<details><summary>{}</summary>", "<script>{}</script>", "<s>", "</s> <unk> [INST]",
        ":DONE: {}", "<person id='x'>",
    ]  # fmt: skip
    return rng.choice([" ", "\n", "\n\n"]).join(
        rng.choice(forms).replace("{}", _words(rng, 2)) for _ in range(rng.randint(2, 25))
    )


def _formulas(rng: random.Random) -> str:
    forms = [
        "$x_i^2$", "$$\n\\frac{a}{b} + \\sum_{i=1}^{n} \\alpha_i\n$$", "\\(\\sqrt{d_k}\\)", "价格 $5 和 $10",
        "\\[\n\\mathrm{softmax}(QK^T)\n\\]", "$\\unknown{x}$", "echo $HOME/$PATH", "$$ \\hat{y} \\le 1 $$",
        "$\\begin{cases} x & y \\\\ z & w \\end{cases}$",
    ]  # fmt: skip
    return rng.choice([" ", "\n\n"]).join(
        rng.choice(forms) + _words(rng, 2) for _ in range(rng.randint(2, 14))
    )


def _broken(rng: random.Random) -> str:
    text = _mixed(rng)
    return text[: rng.randint(1, len(text))]


def _deep(rng: random.Random) -> str:
    sign = rng.choice(["> ", "- ", "1. ", "[", "**", "<", "((", "| "])
    return sign * rng.randint(30, 400) + _words(rng, 4)


def _signs(rng: random.Random) -> str:
    return "".join(
        rng.choice("*_`~#>|-+=[]()<>!$\\&;:{}^ \n\t1.a中。，") for _ in range(rng.randint(20, 900))
    )


def _long(rng: random.Random) -> str:
    return "\n\n".join(_mixed(rng) for _ in range(rng.randint(15, 60)))


def _mixed(rng: random.Random) -> str:
    makers = [_prose, _emphasis, _headings, _list, _tables, _code, _quotes, _links, _markup, _formulas]
    return "\n\n".join(rng.choice(makers)(rng) for _ in range(rng.randint(2, 4)))


_SHAPES: dict[str, Callable[[random.Random], str]] = {
    "prose": _prose, "emphasis": _emphasis, "headings": _headings, "list": _list, "tables": _tables,
    "code": _code, "long code": _long_code, "quotes": _quotes, "links": _links, "markup": _markup,
    "formulas": _formulas, "broken off": _broken, "deep": _deep, "signs": _signs, "long": _long,
    "mixed": _mixed,
}  # fmt: skip
