"""Answers in the forms that real models write, on their way to the card: the code arrives byte for byte.

The forms are those of Qwen2.5, InternLM2, DeepSeek and others: fences in list items, no citations, tables,
headings, answers cut in the middle. Every block of code must be on the card as the model wrote it.
"""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass, replace

import pytest

from tests.answer_cards import ANSWER, cards_of, parts
from worker.excerpts import Excerpt
from worker.pipeline.misplaced_fences import set_right
from worker.pipeline.sanitise import Sanitiser
from worker.pipeline.verify import Verified, Verifier
from worker.prompts import NOT_FOUND

MATERIAL = Excerpt(
    1,
    "Install Harbor",
    """Pull the image with `docker pull harbor/harbor:2`, then start it with a GPU:

```shell
docker run --gpus all \\
  -v ~/.cache:/root/.cache \\
  -p 8080:8080 harbor/harbor:2
```

Check it with `curl localhost:8080/health`. From source: clone the repository, then

```bash
git clone harbor && cd harbor
pip install -e .
cat <<<"ready" > state; echo "${ARGS[1]}" ops@here
```

In Python:

```python
from harbor import Client
@client.all
def rows(argv):
    return argv[1], argv[7]
```

Set `harbor.port` in harbor.yaml:

    harbor:
      port: 8099

CUDA code calls `scale<<<blocks, threads>>>(data[1])`. The default port is 8099.""",
)
RUN = "docker run --gpus all \\\n  -v ~/.cache:/root/.cache \\\n  -p 8080:8080 harbor/harbor:2"
PULL = "docker pull harbor/harbor:2"
CLONE = 'git clone harbor && cd harbor\npip install -e .\ncat <<<"ready" > state; echo "${ARGS[1]}" ops@here'
PYTHON = "from harbor import Client\n@client.all\ndef rows(argv):\n    return argv[1], argv[7]"
SPACED = "from harbor import Client\n\n@client.all\n\ndef rows(argv):\n\n    return argv[1], argv[7]"
YAML = "harbor:\n  port: 8099"


@dataclass(frozen=True)
class Form:
    name: str
    answer: str
    codes: tuple[str, ...]


def fenced(code: str, info: str = "", indent: str = "", mark: str = "```") -> str:
    return textwrap.indent(f"{mark}{info}\n{code}\n{mark}", indent, lambda line: True)


FORMS = (
    Form(
        "fences in list items, nothing cited",
        f"To install Harbor:\n\n1. Pull the image:\n{fenced(PULL, 'shell', '   ')}\n"
        f"2. Start it with a GPU:\n{fenced(RUN, 'shell', '   ')}\n",
        (PULL, RUN),
    ),
    Form(
        "fences in list items, a blank line apart",
        f"安装步骤：\n\n1. 拉取镜像：\n\n{fenced(PULL, 'bash', '   ')}\n\n"
        f"2. 启动：\n\n{fenced(RUN, 'bash', '   ')}\n\n3. 用 `curl localhost:8080/health` 检查。",
        (PULL, RUN),
    ),
    Form(
        "the fence is the item",
        f"- {fenced(RUN, 'shell', '  ').lstrip()}\n- {fenced(PULL, '', '  ').lstrip()}\n",
        (RUN, PULL),
    ),
    Form(
        "fences nested two deep",
        f"1. Install\n   - with Docker:\n\n{fenced(RUN, 'sh', '     ')}\n"
        f"   - from source:\n\n{fenced(CLONE, 'sh', '     ')}\n",
        (RUN, CLONE),
    ),
    Form(
        "cited behind the closing fence",
        f"Start it with a GPU:\n\n```shell\n{RUN}\n``` [1]\n\nThe default port is 8099 [1].",
        (RUN,),
    ),
    Form("cited before and after", f"Clone the repository [1]:\n\n{fenced(CLONE, 'bash')}\n[1]", (CLONE,)),
    Form(
        "a program with brackets, decorators and marks",
        f"In Python [1]:\n\n{fenced(PYTHON, 'python')}",
        (PYTHON,),
    ),
    Form(
        "indented code",
        "Set `harbor.port` in harbor.yaml [1]:\n\n" + textwrap.indent(YAML, "    ") + "\n",
        (YAML,),
    ),
    Form(
        "indented code in a list",
        "1. Set `harbor.port` in harbor.yaml:\n\n" + textwrap.indent(YAML, "       ") + "\n",
        (YAML,),
    ),
    Form(
        "a quote around code",
        "> Start it with a GPU:\n" + textwrap.indent(fenced(RUN, "sh"), "> ") + "\n",
        (RUN,),
    ),
    Form("tildes", f"Start it with a GPU [1]:\n\n{fenced(RUN, 'sh', mark='~~~')}", (RUN,)),
    Form("four backticks", f"Start it with a GPU [1]:\n\n{fenced(RUN, 'sh', mark='````')}", (RUN,)),
    Form(
        "headings and a table",
        "## Install\n\n| step | command |\n|---|---|\n| pull | `docker pull harbor/harbor:2` |\n\n"
        f"### Start it with a GPU\n\n{fenced(RUN, 'shell')}\n",
        (RUN,),
    ),
    Form("cut in the middle of a block", f"Start it with a GPU [1]:\n\n```shell\n{RUN}", (RUN,)),
    Form("CRLF", f"Start it with a GPU [1]:\n\n{fenced(RUN, 'shell')}\n".replace("\n", "\r\n"), (RUN,)),
    Form(
        "a fence in a table's row after it, and a block of its own",
        f"| step | command |\n|---|---|\n| pull | `{PULL}` |\n| check | `curl localhost:8080/health` |\n\n"
        f"Then start it with a GPU:\n{fenced(RUN, 'shell')}\nThe default port is 8099.",
        (RUN,),
    ),
    Form(
        "bold steps, fences at the margin between items",
        f"**Step 1: Pull the image**\n{fenced(PULL, 'bash')}\n**Step 2: Start it with a GPU**\n"
        f"{fenced(RUN, 'bash')}\n",
        (PULL, RUN),
    ),
    Form(
        "numbers that begin anew after each fence",
        f"1. Pull the image:\n{fenced(PULL, 'bash')}\n1. Start it with a GPU:\n{fenced(RUN, 'bash')}\n"
        f"1. Clone the repository:\n{fenced(CLONE, 'bash')}\n",
        (PULL, RUN, CLONE),
    ),
    Form(
        "a tab before each line of code in an item",
        "- Set `harbor.port` in harbor.yaml:\n\n\t```yaml\n\tharbor:\n\t  port: 8099\n\t```\n",
        (YAML,),
    ),
    Form(
        "html <pre>",
        f"Start it with a GPU [1]:\n\n<pre><code>\n{RUN}\n</code></pre>\n",
        (RUN,),
    ),
    Form(
        "html <pre> in an item, with a language and entities",
        "1. Clone the repository:\n\n"
        f'   <pre><code class="language-bash">{html.escape(CLONE)}</code></pre>\n',
        (CLONE,),
    ),
    Form(
        "html <pre> in an item, its lines as far in as its tag",
        "1. Start it with a GPU:\n   <pre>\n" + textwrap.indent(RUN, "   ") + "\n   </pre>\n",
        (RUN,),
    ),
    Form(
        "html <pre> that is never closed",
        f"Start it with a GPU [1]:\n\n<pre>\n{RUN}\n",
        (RUN,),
    ),
    Form(
        "tildes around backticks",
        f"Pull the image [1]:\n\n~~~markdown\n```shell\n{PULL}\n```\n~~~\n\n"
        "Start it with a GPU [1]:\n\n"
        f"{fenced(RUN, 'sh')}",
        (RUN,),
    ),
    Form(
        "the citation in the info line's place",
        f"Start it with a GPU [1]\n\n```shell\n{RUN}\n```\n\n[1]\n",
        (RUN,),
    ),
    Form(
        "half-finished: a list cut in a block's middle",
        f"1. Pull the image:\n\n{fenced(PULL, 'sh', '   ')}\n\n2. Start it with a GPU:\n\n   ```sh\n"
        + textwrap.indent(RUN, "   "),
        (PULL, RUN),
    ),
    Form(
        "Chinese numbers and full-width colons",
        f"一、拉取镜像：\n\n{fenced(PULL, 'shell')}\n\n二、用 GPU 启动：\n\n{fenced(RUN, 'shell')}\n\n"
        "默认端口是 8099。",
        (PULL, RUN),
    ),
    Form(
        "an unknown language and attributes",
        f"Start it with a GPU [1]:\n\n```sh {{linenos=true}}\n{RUN}\n```\n\n```console\n{PULL}\n```\n",
        (RUN, PULL),
    ),
    Form(
        "blank lines inside a program in an item",
        f"* In Python:\n\n{fenced(SPACED, 'python', '  ')}\n\n* The default port is 8099.\n",
        (SPACED,),
    ),
    Form(
        "an item of text, code and text again",
        f"1. Start it with a GPU:\n\n{fenced(RUN, 'sh', '   ')}\n\n   The default port is 8099.\n\n"
        "   Check it with `curl localhost:8080/health`.\n"
        f"2. Clone the repository:\n\n{fenced(CLONE, '', '   ')}\n",
        (RUN, CLONE),
    ),
    Form(
        "a quote in a list with code in it",
        "- Pull the image:\n\n" + textwrap.indent(fenced(PULL, "sh"), "  > ", lambda line: True) + "\n",
        (PULL,),
    ),
    Form(
        "the whole answer in a block of Markdown",
        f"```markdown\n# Install\n\n1. Pull the image:\n\n{fenced(PULL, 'shell')}\n\n"
        f"2. Start it with a GPU:\n\n{fenced(RUN, 'shell')}\n```\n",
        (PULL, RUN),
    ),
    Form(
        "the same with longer fences, and cited",
        f"````md\nPull the image [1]:\n\n{fenced(PULL, 'shell')}\n````",
        (PULL,),
    ),
    Form(
        "a fence right behind the colon",
        f"Pull the image:```shell\n{PULL}\n```\n用 GPU 启动：```\n{RUN}\n```\nThe default port is 8099.",
        (PULL, RUN),
    ),
    Form(
        "a title in the info line",
        f'Set `harbor.port` in harbor.yaml:\n\n```yaml title="harbor.yaml"\n{YAML}\n```\n',
        (YAML,),
    ),
    Form(
        "Chinese numbers with their own comma",
        f"1、拉取镜像：\n{fenced(PULL, 'shell')}\n2、用 GPU 启动：\n{fenced(RUN, 'shell')}\n",
        (PULL, RUN),
    ),
    Form(
        "tasks to tick off",
        f"- [ ] Pull the image:\n\n{fenced(PULL, 'sh', '  ')}\n"
        f"- [x] Start it with a GPU:\n\n{fenced(RUN, 'sh', '  ')}\n",
        (PULL, RUN),
    ),
    Form(
        "lettered steps",
        f"a) Pull the image:\n{fenced(PULL, 'sh', '   ')}\n"
        f"b) Start it with a GPU:\n{fenced(RUN, 'sh', '   ')}\n",
        (PULL, RUN),
    ),
    Form(
        "a longer closing fence, and blanks behind the opening one",
        f"Start it with a GPU [1]:\n\n```shell   \n{RUN}\n`````\n\nThe default port is 8099 [1].",
        (RUN,),
    ),
    Form(
        "cited as gpt-oss cites",
        f"Start it with a GPU【1†L3-L9】:\n\n{fenced(RUN, 'sh')}\n\nThe default port is 8099【1†source】.",
        (RUN,),
    ),
    Form(
        "cited as DeepSeek is told to",
        f"Pull the image [citation:1]:\n\n{fenced(PULL, 'sh')}\n\nThe default port is 8099[citation:1].",
        (PULL,),
    ),
    Form("a here-string in a list", f"* Clone the repository:\n\n{fenced(CLONE, 'bash', '  ')}\n", (CLONE,)),
)


def on_the_way(answer: str) -> Verified:
    cleaned = Sanitiser([MATERIAL], "en").clean(answer, finished=True).strip("\n")
    return Verifier("How do I install Harbor?", [MATERIAL], None).verify(cleaned)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_code_is_on_the_card_as_the_model_wrote_it(form: Form) -> None:
    verified = on_the_way(form.answer)
    assert verified.cited == [1]
    assert verified.dropped == 0
    cards = cards_of(replace(ANSWER, text=verified.text))
    shown = "\n".join(part["content"] for part in parts(cards) if isinstance(part.get("content"), str))
    for code in form.codes:
        assert f"\n{code}\n```" in shown, shown


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_while_it_is_written_code_is_never_touched(form: Form) -> None:
    sanitiser = Sanitiser([MATERIAL], "en")
    whole = sanitiser.clean(form.answer.replace("\r", ""))
    for code in form.codes:
        lines = [line.strip() for line in code.split("\n")]
        place = -1
        for line in lines:
            place = whole.find(line, place + 1)
            assert place >= 0, whole


@pytest.mark.parametrize(
    "answer",
    [
        "```markdown\n| a | b |\n|---|---|\n```",
        "~~~markdown\n| a | b |\n|---|---|\n~~~",
        "```markdown\n# Title\n```\n\nIn Python:\n\n```python\nfrom harbor import Client\n```",
        "Close it with ```",
    ],
)
def test_markdown_that_is_shown_stays_code(answer: str) -> None:
    assert Sanitiser([MATERIAL], "en").clean(answer, finished=True) == answer


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_an_answer_in_a_block_of_markdown_is_an_answer(fence: str, end: str) -> None:
    lines = [f"{fence}markdown", "Run it [1]:", "", "```sh", "harbor serve", "```", "", "Then look.", fence]
    shown = Sanitiser([MATERIAL], "en").clean(end.join(lines), finished=True)
    assert [line.rstrip("\r") for line in shown.strip().split("\n")] == lines[1:-1]


def test_inline_code_is_neither_cut_nor_read_for_citations() -> None:
    verified = on_the_way(
        "The default port is 8099; it calls `scale<<<blocks, threads>>>(data[7]); Done` [1]."
    )
    assert "`scale<<<blocks, threads>>>(data[7]); Done`" in verified.text or verified.dropped
    assert verified.cited in ([1], [])


def test_lines_that_repeat_the_marks_still_go() -> None:
    text = f"<<<end 0123456789abcdef\n<<<material [1] 0123\nok\n{NOT_FOUND}"
    assert Sanitiser([MATERIAL], "en").clean(text).startswith("ok")


def test_a_link_that_the_documents_write_is_shown_as_code() -> None:
    """Whoever indexed a document trusts it to name a page; a page of the web may name any."""
    own = Excerpt(1, "Guide", "Get it from https://pkg.example.org/get-started/ or www.example.net/mirror.")
    said = "Get it from https://pkg.example.org/get-started/. Or www.example.net/mirror, or https://evil.example/x"
    shown = Sanitiser([own], "en").clean(said, finished=True)
    assert "`https://pkg.example.org/get-started/`." in shown
    assert "`www.example.net/mirror`," in shown
    assert "evil.example" not in shown
    page = replace(own, web=True, url="https://blog.example.com/post")
    assert "pkg.example.org" not in Sanitiser([page], "en").clean(said, finished=True)


def test_a_link_that_a_page_writes_of_its_own_site_stays_a_link_and_others_are_words() -> None:
    text = (
        "See [the limits](https://docs.example.com/limits), [`0` (root)](https://docs.example.com/root) "
        "and [the `site`](https://elsewhere.example/x)."
    )
    page = Excerpt(1, "Ports", text, url="https://docs.example.com/ports")
    assert Sanitiser([page], "en").clean(text) == (
        "See [the limits](https://docs.example.com/limits), [0 (root)](https://docs.example.com/root) "
        "and the `site`."
    )


def test_a_page_without_a_site_has_no_links_of_its_own() -> None:
    text = "See www.evil.example, [it](www.evil.example) and [here](http://localhost:8080/x)."
    for url in ("", "docs/ports.md", "http://localhost:9800/docs/ports.md"):
        shown = Sanitiser([Excerpt(1, "Ports", text, url=url)], "en").clean(text)
        assert shown == "See `www.evil.example`, it and here."


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("Blocks begin with: ```\nThen code.", "Blocks begin with: ```\nThen code."),
        ("> 运行：```sh\n> x\n> ```\n好", "> 运行：\n> ```sh\n> x\n> ```\n好"),
        ("1. Run:```sh\n    x\n    ```\n2. Look", "1. Run:\n   ```sh\n    x\n    ```\n2. Look"),
        ("Run:```sh\ncut of", "Run:\n```sh\ncut of"),
    ],
)
def test_a_fence_behind_a_colon_ends_where_it_began(answer: str, shown: str) -> None:
    assert set_right(answer, finished=True) == shown


@pytest.mark.parametrize(
    "cited",
    [
        *(" ^[1]", "〔1〕", "〖来源 1〗", "（来源：1）", "（文档1）", " (Source 1)", " (see below) (doc #1)"),
        *(" <cite>1</cite>", " <ref>1</ref>", "<co>1</co>", " <citation> 1 </citation>", " <sup>1</sup>"),
    ],
)
def test_a_citation_in_another_form_is_one(cited: str) -> None:
    verified = on_the_way(f"The default port is 8099{cited}.")
    assert verified.cited == [1]
    assert verified.text.count("[1]") == 1
    assert not any(mark in verified.text for mark in ("<", "^", "〔", "〖", "（", "来源", "ource", "#"))


@pytest.mark.parametrize(
    "said",
    ["The area is 3 m<sup>1</sup>", "10<sup>1</sup> ports", "x^[1]", "(step 1)", "(1)", "(context 4096)"],
)
def test_powers_steps_and_sizes_are_none(said: str) -> None:
    assert Sanitiser([MATERIAL], "en").clean(said, finished=True) == said
