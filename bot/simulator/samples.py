"""One example of every card the bot can make, for the gallery and for the validator's tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from bot import cards
from bot.actions import ActionSigner
from bot.answer import Answer, CardState, Feedback, Human, Outcome, ReindexProgress, ReindexReport, Source
from bot.messages import say
from bot.simulator.rich_text import RICH_TEXT
from bot.simulator.state import Json

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
_QUESTION = {"zh": "mmpose 如何安装？", "en": "How do I turn on int8 quantisation of the KV cache?"}
_WORDS = {
    "zh": {
        "not_found": "文档里没有找到答案。最接近的页面：",
        "declined": "这不像是我索引的文档能回答的问题。",
        "failed": "这次没能回答：模型服务超时。已记录，管理员可用 /why 查看。",
    },
    "en": {
        "not_found": "I did not find the answer in the documents. The nearest pages:",
        "declined": "This does not look like a question my documents can answer.",
        "failed": "I could not answer: the model server timed out. An admin can see it with /why.",
    },
}
_WHY = {
    "zh": "- 判断：**回答**，概率 0.93，阈值 0.52\n- 最接近的段落：安装 › 最佳实践（0.81）\n- 用时：1.8 s",
    "en": "- Verdict: **answer**, probability 0.93, threshold 0.52\n"
    "- Nearest passage: Installation › Best practices (0.81)\n- Took: 1.8 s",
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
    return (*_questions(language), *_presses(language), *_operators(language))


def _sources() -> tuple[Source, ...]:
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


def _base(language: str) -> Answer:
    return Answer(
        Outcome.ANSWERED,
        _QUESTION[language],
        _ANSWER[language],
        language,
        sources=_sources(),
        engine="internlm2-chat-7b",
        index_version="2026-11-23.2",
        asker=ASKER,
        further=(Source(3, "FAQ", ("安装问题",), "https://example.com/faq", "docs/faq.md", "", NOW - DAY),),
    )


def _drawn(name: str, answer: Answer, state: CardState | None = None) -> Iterator[Sample]:
    drawn = cards.answer_cards(
        answer,
        actions=ActionSigner("samples only"),
        message_id="om_sample",
        state=state or CardState(experts=(EXPERT,), can_search_web=True),
        now=NOW,
    )
    for number, card in enumerate(drawn, start=1):
        yield Sample(name if len(drawn) == 1 else f"{name}-{number}", card)


def _questions(language: str) -> Iterator[Sample]:
    base, words = _base(language), _WORDS[language]
    yield Sample("progress", cards.progress_card(base.question, language), streaming=True)
    yield from _drawn("answered", base)
    yield from _drawn("rich-text", replace(base, text=RICH_TEXT[language]))
    yield from _drawn("answered-extractive", replace(base, engine="extractive", degraded="TurboMind is away"))
    web = Source(1, "LMDeploy release notes", (), "https://example.com/notes", web=True, excerpt="v0.6 ...")
    yield from _drawn("web", replace(base, outcome=Outcome.WEB, sources=(web,)))
    yield from _drawn("partly", replace(base, outcome=Outcome.PARTLY, unsupported=2))
    yield from _drawn("not-found", replace(base, outcome=Outcome.NOT_FOUND, text=words["not_found"]))
    yield from _drawn("declined", replace(base, outcome=Outcome.DECLINED, text=words["declined"], sources=()))
    busy = replace(base, outcome=Outcome.BUSY, text="", sources=(), queue_position=7)
    yield from _drawn("busy", busy)
    yield from _drawn("failed", replace(base, outcome=Outcome.FAILED, text=words["failed"], sources=()))
    long_text = "\n\n".join(itertools.repeat(base.text, 40))
    yield from _drawn("long", replace(base, text=long_text))


def _presses(language: str) -> Iterator[Sample]:
    base = _base(language)
    state = CardState(experts=(EXPERT,), can_search_web=True)
    yield from _drawn("pressed-helpful", base, replace(state, feedback=Feedback.HELPFUL))
    yield from _drawn("pressed-not-helpful", base, replace(state, feedback=Feedback.ASKING_REASON))
    yield from _drawn("reason-given", base, replace(state, feedback=Feedback.NOT_HELPFUL))
    yield from _drawn("human-asked", base, replace(state, human=Human.ASKED))
    yield Sample("human-wanted", cards.human_card(base, (EXPERT,)))
    yield from _drawn("human-taken", base, replace(state, human=Human.TAKEN, taken_by=EXPERT))
    yield from _drawn("human-resolved", base, replace(state, human=Human.RESOLVED, taken_by=EXPERT))
    yield from _drawn("searching-web", base, replace(state, searching_web=True))
    yield from _drawn("more-sources", base, replace(state, more_sources=True))
    yield Sample("recalled", cards.recalled_card(base.question, language))


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
    facts = {"Index": "2026-11-23.2", "Engine": "turbomind internlm2-chat-7b", "Queue": "0", "Uptime": "3 d"}
    yield Sample("status", cards.status_card(facts, language))
    yield Sample("help", cards.help_card(language, admin=False))
    yield Sample("help-admin", cards.help_card(language, admin=True))
    yield Sample("why", cards.notice_card(say("title_why", language), _WHY[language], language))
    refused = say("admins_only", language)
    yield Sample("admins-only", cards.notice_card("/reindex", refused, language, "grey"))
    notice = "请联系管理员。" if language == "zh" else "Please ask an admin."
    yield Sample("notice", cards.notice_card("Fennel", notice, language))
