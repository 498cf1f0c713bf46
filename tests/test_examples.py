"""Headings become questions that somebody would ask; what is no question is left out."""

from __future__ import annotations

import pytest

from bot.config.settings import GateSettings, IndexSettings, LLMSettings, Settings, SourceSettings
from index.build.build import build
from index.gate.gate import open_gate
from index.search.versions import open_current
from index.text.split import Chunk
from worker.conversation.examples import as_question, examples
from worker.conversation.introduction import introduction_of

BODY = "Here stands what there is to say about it, in a sentence or two that answer."


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("Create a token", "How do I create a token?"),
        ("Creating your first relay", "How do I create my first relay?"),
        ("Running the tests", "How do I run the tests?"),
        ("How to rotate keys safely", "How do I rotate keys safely?"),
        ("How Routing Works", "How does routing work?"),
        ("Why are names checked?", "Why are names checked?"),
        ("What is a relay", "What is a relay?"),
        ("relay.timeout", "What does relay.timeout do?"),
        ("清空缓存目录树", "怎么清空缓存目录树？"),
        ("手动安装", "怎么手动安装？"),
        ("代理的配置", "代理怎么配置？"),
        ("启动很久以后失败", "启动很久以后失败怎么办？"),
        ("如何添加一个节点", "如何添加一个节点？"),
        ("为什么需要两次确认", "为什么需要两次确认？"),
    ],
)
def test_a_heading_is_asked_as_people_ask(heading: str, question: str) -> None:
    found = as_question(heading, "routing")
    assert found is not None
    assert found[1] == question


@pytest.mark.parametrize(
    "heading",
    [
        *("Overview", "v1.2.3", "Load balancing", "Recording rules", "Getting started", "Options | Flags"),
        *(
            "Relay",
            "What's next?",
            "Problems?",
            "New in 2.4",
            "目录",
            "构建选项",
            "条件配置",
            "下一步是什么",
            "示例：一",
        ),
        *("Install as a package", "Instrument first, ask later", "新增功能：2.0"),
    ],
)
def test_what_nobody_would_ask_is_left_out(heading: str) -> None:
    found = as_question(heading, "")
    assert found is None or found[0] == 3


@pytest.mark.parametrize(
    ("heading", "text", "question"),
    [
        ("Restart Services", "Restart the services one by one.", "How do I restart services?"),
        ("Rename Certificates", "Do it at night.", "How do I rename certificates?"),
        ("Install Docker", "To install Docker you need a host.", "How do I install Docker?"),
        ("Install Zorbex", "Do it at night.", None),
        ("Release notes", "What changed.", "How do release notes work?"),
        ("Zorbex notes", "What changed.", None),
        ("String formatting", "Values are put in.", None),
        ("String formatting", "Each string has formatting.", "How does string formatting work?"),
        ("Install native build environment", "x", "How do I install the native build environment?"),
        ("Create token", "x", "How do I create a token?"),
        ("Create access key", "x", "How do I create an access key?"),
        ("Add user to group", "x", None),
        ("Add labels to group", "x", None),
        ("Add users to the group", "x", "How do I add users to the group?"),
        ("关于我们", "我们是谁。", None),
        ("错误 404", "找不到页面。", None),
        ("什么时候用", "合适的时候。", None),
        ("为了更快的索引", "这样更快。", None),
        ("增量索引机制", "说明。", "能介绍一下增量索引机制吗？"),
        ("Redis 哨兵机制", "说明。", "能介绍一下 Redis 哨兵机制吗？"),
    ],
)
def test_a_heading_is_put_as_a_sentence_or_left_out(heading: str, text: str, question: str | None) -> None:
    found = as_question(heading, text)
    assert (found[1] if found else None) == question


def test_a_thing_is_asked_for_where_the_page_says_what_it_is() -> None:
    assert as_question("Relay", "A **relay** is a process that hands on.") == (1, "What is a relay?")
    assert as_question("Relays", "Relays are processes.") is None, "that says nothing of what they are"
    assert as_question("Name of it", "Something else is a process.") is None
    assert as_question("虚拟节点", "虚拟节点是一种不占内存的节点。") == (1, "虚拟节点是什么？")


def test_names_keep_their_capital_and_ordinary_words_do_not() -> None:
    text = "With Prometheus you store samples; run prometheus to begin. A histogram counts."
    asked = as_question("Enable Prometheus Histogram", text)
    assert asked == (0, "How do I enable Prometheus histogram?")


def chunk(heading: str, path: str, text: str = BODY) -> Chunk:
    return Chunk(heading + path, "docs", path, heading, (heading,), "", text, "", "en", 0.0, 0)


def test_pages_take_turns_and_headings_of_every_page_are_left_out() -> None:
    made = [chunk(f"Create {name} keys", "a.md") for name in ("old", "odd", "own")]
    made += [
        chunk("Create an alias", "b.md"),
        chunk("Add a member", "blog/x.md"),
        chunk("Short", "c.md", "x"),
    ]
    made += [chunk("Remove the common part", path) for path in ("a.md", "b.md")]
    texts = [one.text for one in examples(made)]
    assert set(texts[:2]) & {"How do I create an alias?"}, "each page before any comes again"
    assert len(texts) == 4
    assert examples([]) == []


PAGES = {
    "relay.md": "# Relay\n\n## Restart the relay\n\nRun `relay restart --now`. It takes ten seconds.\n\n"
    "## Examples\n\nSome are shown elsewhere in this text, others are not.\n",
    "keys.md": "# Keys\n\n## Rotating your keys\n\nRun `relay keys rotate`. Old keys work for a day.\n",
    "names.md": "# Names\n\n## Why are names checked?\n\nBecause two relays of one name lose messages.\n",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("relay")
    for name, text in PAGES.items():
        (folder / "docs" / name).parent.mkdir(exist_ok=True)
        (folder / "docs" / name).write_text(text, "utf-8")
    index = IndexSettings(
        dir=folder / "index",
        sources=(SourceSettings(path=folder / "docs", name="relay"),),
        gate=GateSettings(questions=()),
    )
    settings = Settings(index=index, llm=LLMSettings(engine="extractive"))
    build(settings)
    return settings


@pytest.mark.slow
def test_the_bot_suggests_what_its_documents_answer_from_the_section_itself(settings: Settings) -> None:
    searcher = open_current(settings)
    *_, last = introduction_of(searcher, open_gate(settings, searcher), "en")
    suggested = {line.removeprefix("- ") for line in last.splitlines()}
    made = {"How do I restart the relay?", "How do I rotate my keys?", "Why are names checked?"}
    assert suggested
    assert suggested <= made


def test_the_number_of_a_heading_is_not_asked() -> None:
    headings = (
        "8 关于集群模式的升级",
        "3.2 安装依赖",
        "2 种部署方式的配置",
        "3 Koko 配置",
        "4 Docker部署",
        "5 Rotate the keys",
    )
    asked = {example.text for example in examples([chunk(one, f"{one}.md") for one in headings])}
    assert asked
    assert not any(question[0] in "3845" for question in asked), asked
