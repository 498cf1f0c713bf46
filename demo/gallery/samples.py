"""One example of every card the bot can make, for the gallery and for the validator's tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.answer import (
    Answer,
    CardState,
    Feedback,
    Human,
    Outcome,
    Pair,
    ReindexProgress,
    ReindexReport,
    Source,
)
from bot.cards import answer as cards
from bot.cards.digest import digest_card
from bot.cards.learning import proposal_card
from bot.cards.presses import PressSigner
from bot.cards.text import stream_text
from bot.cards.why import why_card
from bot.messages import say
from bot.report import Report, Unanswered
from demo.gallery.sample_answer import RICH_TEXT
from simulator.cards import edit as card_edit
from simulator.types import Json

NOW = 1_795_000_000.0
"""Unix seconds the samples are drawn at, so that ages in them stay the same."""
DAY = 86_400.0
ASKER = "ou_alice"
EXPERT = "ou_expert"

_ANSWER = {
    "zh": """安装分两步，需要 **Python 3.8 以上** 和 PyTorch 1.8 以上 [1]。

1. 用 MIM 安装依赖 [1]：

```bash
pip install -U openmim
mim install mmengine "mmcv>=2.0.1"
```

2. 从源码安装 MMPose，或用 `mim install "mmpose>=1.1.0"` [2]。

> 注意：`std::vector<int>` 这样的类型和 `<unk>` 会原样显示。

| 方式 | 适合 | 命令 |
| --- | --- | --- |
| 源码 | 开发 | `pip install -v -e .` |
| MIM | 使用 | `mim install mmpose` |

安装后运行 `python demo/image_demo.py` 验证 [2]。""",
    "en": """LMDeploy quantises the KV cache online; pass `quant_policy` [1].

- `quant_policy=8` stores 8-bit integers
- `quant_policy=4` stores 4-bit integers
    - saves the most memory
    - costs a little accuracy

```python
from lmdeploy import pipeline, TurbomindEngineConfig

engine = TurbomindEngineConfig(quant_policy=8)
pipe = pipeline("internlm/internlm2-chat-7b", backend_config=engine)
```

Int8 has almost no loss, so it is the usual choice [2].""",
}
_FOLLOW_UP = {
    "zh": "mmpose 如何安装，那 Windows 上呢？",
    "en": "How do I turn on int8 quantisation of the KV cache, and on Windows?",
}
_QUESTION = {"zh": "mmpose 如何安装？", "en": "How do I turn on int8 quantisation of the KV cache?"}
_TRY = {
    "zh": (_QUESTION["zh"], "怎么训练自己的数据集？", "LMDeploy 支持哪些模型？"),
    "en": (_QUESTION["en"], "Which models does LMDeploy support?", "How do I train on my own data?"),
}
_WEB_ANSWER = {
    "zh": """LMDeploy 0.6 起可以在线量化 KV cache [1]：

```bash
lmdeploy serve api_server internlm/internlm2-chat-7b --quant-policy 8
```

`8` 是 int8，几乎没有精度损失；`4` 是 int4 [2]。""",
    "en": """Since version 0.6 LMDeploy quantises the KV cache online [1]:

```bash
lmdeploy serve api_server internlm/internlm2-chat-7b --quant-policy 8
```

`8` is int8 with almost no loss, `4` is int4 [2].""",
}
_WHY = {
    "decision": "answer",
    "outcome": "answered",
    "gate": {"verdict": "answer", "probability": 0.93, "threshold": 0.52},
}
_WHERE = {
    "zh": ("docs/zh_cn/installation.md", "安装", "最佳实践"),
    "en": ("docs/en/quantization/kv_quant.md", "KV cache", "Usage"),
}


@dataclass(frozen=True)
class Sample:
    """A card with the name it goes by in the gallery."""

    name: str
    card: Json
    streaming: bool = False


@lru_cache
def samples(language: str = "zh") -> tuple[Sample, ...]:
    """Every card in 'zh' or 'en', those of long answers one by one."""
    return (*_questions(language), *_presses(language), *_learning(language), *_operators(language))


def _sources(language: str) -> tuple[Source, ...]:
    if language == "en":
        link = "https://github.com/InternLM/lmdeploy/blob/main/docs/en/quantization/kv_quant.md#usage"
        excerpt = "Applying quantization and inference is done by setting quant_policy."
        path, title, heading = _WHERE["en"]
        usage = Source(1, title, (heading,), link, path, excerpt, NOW - 12 * DAY)
        benchmark = Source(2, "Benchmark", ("Accuracy",), "", "docs/en/benchmark.md", "", NOW - 200 * DAY)
        return usage, benchmark
    return (
        Source(
            1,
            "Installation",
            ("安装", "最佳实践"),
            "https://github.com/open-mmlab/mmpose/blob/main/docs/zh_cn/installation.md#最佳实践",
            "docs/zh_cn/installation.md",
            "推荐用户参照我们的最佳实践安装 MMPose。\n不过，整个过程也是可定制化的。",
            NOW - 12 * DAY,
        ),
        Source(2, "20 分钟了解 MMPose", ("推理",), "", "docs/zh_cn/guide_inference.md", "", NOW - 200 * DAY),
    )


def _web_sources() -> tuple[Source, ...]:
    notes = Source(1, "LMDeploy release notes", (), "https://example.com/notes", excerpt="v0.6 ...", web=True)
    guide = Source(2, "KV cache quantization", ("Usage",), "https://example.com/kv", web=True)
    return (notes, guide)


def _base(language: str) -> Answer:
    return Answer(
        Outcome.ANSWERED,
        _QUESTION[language],
        _ANSWER[language],
        language,
        sources=_sources(language),
        engine="internlm2-chat-7b",
        index_version="2026-11-23.2",
        asker=ASKER,
        further=(
            Source(
                3,
                "FAQ",
                ("安装问题" if language == "zh" else "CUDA",),
                "https://example.com/faq",
                "docs/faq.md",
                "",
                NOW - DAY,
            ),
        ),
    )


def _drawn(name: str, answer: Answer, state: CardState | None = None) -> Iterator[Sample]:
    drawn = cards.answer_cards(
        answer,
        actions=PressSigner("samples only"),
        message_id="om_sample",
        state=state or CardState(experts=(EXPERT,), can_search_web=True),
        now=NOW,
    )
    for number, card in enumerate(drawn, start=1):
        yield Sample(name if len(drawn) == 1 else f"{name}-{number}", card)


def _questions(language: str) -> Iterator[Sample]:
    base = _base(language)
    yield from _progress(base)
    yield from _drawn("answered", base)
    yield from _drawn("rich-text", replace(base, text=RICH_TEXT[language]))
    yield from _drawn(
        "answered-extractive", replace(base, engine="extractive", degraded=say("engine_down", language))
    )
    web = replace(base, outcome=Outcome.WEB, text=_WEB_ANSWER[language], sources=_web_sources())
    yield from _drawn("web", web)
    yield from _drawn("partly", replace(base, outcome=Outcome.PARTLY, unsupported=2))
    bare = replace(base, sources=(), further=())
    not_found, declined = say("not_found", language), say("declined", language)
    yield from _drawn("not-found", replace(base, outcome=Outcome.NOT_FOUND, text=not_found, further=()))
    yield from _drawn("declined", replace(bare, outcome=Outcome.DECLINED, text=declined))
    yield from _drawn("busy", replace(bare, outcome=Outcome.BUSY, text="", queue_position=7))
    refused = replace(bare, outcome=Outcome.BUSY, text=say("limit_user", language))
    yield from _drawn("not-now", refused)
    failed = say("failed", language, reason=say("because_timeout", language))
    yield from _drawn("failed", replace(bare, outcome=Outcome.FAILED, text=failed))
    long_text = "\n\n".join(itertools.repeat(base.text, 40))
    yield from _drawn("long", replace(base, text=long_text))


def _progress(base: Answer) -> Iterator[Sample]:
    """The steps before an answer, and the answer half written."""
    language = base.language
    lines = {
        "searching": say("searching", language, count=3, total=12),
        "waiting": say("busy", language, position=7),
        "reading": say("reading", language, page="Installation"),
        "writing": say("writing", language),
    }
    for name, line in lines.items():
        card = cards.progress_card(base.question, language, line)
        if name == "writing":
            written = base.text[: len(base.text) // 2]
            card = card_edit.with_content(card, cards.ANSWER_ELEMENT, stream_text(written))
        yield Sample(f"progress-{name}", card, streaming=True)


def _presses(language: str) -> Iterator[Sample]:
    base = _base(language)
    state = CardState(experts=(EXPERT,), can_search_web=True)
    yield from _drawn("pressed-helpful", base, replace(state, helpful=1))
    yield from _drawn("pressed-not-helpful", base, replace(state, feedback=Feedback.ASKING_REASON))
    yield from _drawn("reason-given", base, replace(state, not_helpful=1))
    yield from _drawn("human-asked", base, replace(state, human=Human.ASKED))
    steps = {
        "human-wanted": replace(state, human=Human.ASKED),
        "human-taken": replace(state, human=Human.TAKEN, taken_by=EXPERT),
        "human-resolved": replace(state, human=Human.RESOLVED, taken_by=EXPERT),
    }
    signer = PressSigner("samples only")
    for name, step in steps.items():
        yield Sample(name, cards.human_card(base, step, actions=signer, message_id="om_sample"))
    yield from _drawn("resolved", base, steps["human-resolved"])
    yield from _drawn("searching-web", base, replace(state, searching_web=True))
    yield from _drawn("private", replace(base, private=True), state)


def _learning(language: str) -> Iterator[Sample]:
    """A file that was read, an answer of a colleague on its way, and the digest."""
    posted = say("read_it", language, what=say("what_file", language, file="harbor.log"))
    yield Sample("file", cards.notice_card(say("title_posted", language), posted, language, "grey"))
    read = replace(_base(language), question="RuntimeError: CUDA error: no kernel image is available")
    yield from _drawn("screenshot", replace(read, gathered=True))
    answer = "pip install torch==2.1.0 --index-url https://download.pytorch.org/whl/cu118"
    pair = Pair("om_sample", "oc_sample", _QUESTION[language], answer, EXPERT, NOW, language)
    signer = PressSigner("samples only")
    yield Sample("proposal", proposal_card(pair, (ASKER,), signer))
    yield Sample("proposal-kept", proposal_card(replace(pair, confirmed_by=ASKER), (), signer))
    yield Sample("proposal-refused", proposal_card(replace(pair, rejected=True), (), signer))
    title = say("source_colleague", language, date="2026-11-18", question=_QUESTION[language])
    yield from _drawn(
        "colleague", replace(_base(language), text=f"`{answer}` [1]", sources=(Source(1, title),))
    )
    report = Report(NOW - 7 * DAY, asked=214, answered=151, declined=41, helpful=38, unhelpful=6)
    chinese = language == "zh"
    report.unanswered = [
        Unanswered("能在 ARM 机器上装吗？" if chinese else "Does it install on an ARM machine?", 9),
        Unanswered("How do I export to ONNX with a dynamic batch?", 4),
    ]
    report.reasons = ["版本太旧" if chinese else "the version is too old", "the command needs sudo here"]
    report.cited = {_WHERE[language][0]: 41, "docs/faq.md": 17}
    report.contradictions = {f"docs/faq.md ≠ {_WHERE[language][0]}": 3}
    report.outdated = {"docs/changelog_v0.md": 2}
    report.tokens = {"prompt_tokens": 412_000, "completion_tokens": 38_400}
    yield Sample("digest", digest_card(report, 7, language))


def _operators(language: str) -> Iterator[Sample]:
    yield Sample("reindex-running", cards.reindex_card(ReindexProgress("embedding", 318, 1204), language))
    report = ReindexReport(
        "2026-11-23.3", ("docs/new.md",), ("docs/zh/setup.md",), ("docs/old.md",), 128, 2310, 14.2
    )
    yield Sample("reindex-done", cards.reindex_card(report, language))
    broken = replace(report, problems=("docs/scan.pdf: no text in it",))
    yield Sample("reindex-problems", cards.reindex_card(broken, language))
    failed = replace(report, failed="the embedder's server does not answer")
    yield Sample("reindex-failed", cards.reindex_card(failed, language))
    facts = {
        say("status_engine", language): "turbomind internlm2-chat-7b",
        say("status_index", language): "2026-11-23.2",
        say("status_waiting", language): "0",
        say("status_running", language): "2",
    }
    yield Sample("status", cards.status_card(facts, language))
    yield Sample("help", cards.help_card(language, admin=False))
    yield Sample("help-admin", cards.help_card(language, admin=True))
    path, *heading = _WHERE[language]
    passages = [{"path": path, "heading": heading, "score": 0.81}]
    why = {**_WHY, "question": _QUESTION[language], "passages": passages}
    yield Sample("why", why_card(why, "gate: answer, probability 0.93, threshold 0.52", language))
    yield Sample("why-declined", why_card({**why, "decision": "decline"}, "gate: decline", language))
    follow_up = replace(_base(language), standalone=_FOLLOW_UP[language])
    yield from _drawn("follow-up", follow_up)
    hello = "\n\n".join(
        [
            say("greeting", language),
            say("knows", language, documents=128, sources="mmpose, lmdeploy"),
            say("try_asking", language),
            "\n".join(f"- {one}" for one in _TRY[language]),
        ]
    )
    yield Sample("greeting", cards.notice_card(say("title_hello", language), hello, language))
    unread = say("cannot_read", language, what=say("what_image", language))
    yield Sample("unreadable", cards.notice_card(say("title_posted", language), unread, language, "grey"))
    refused = say("admins_only", language)
    yield Sample("admins-only", cards.notice_card("/reindex", refused, language, "grey"))
    notice = "请联系管理员。" if language == "zh" else "Please ask an admin."
    yield Sample("notice", cards.notice_card("Fennel", notice, language))
