"""Fennel knows itself: real questions about it, answered from the right page in their language.

The index is built from the guide as the demo builds it, and answered with no model: what fails here, a
newcomer finds in the first minutes. A failing row asks for better words in the guide before anything else.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answer import Outcome
from index.gate.gate import open_gate
from index.search.versions import open_current
from tests.guide_index import settings_of_guide
from worker.engines.choose import open_llm
from worker.language import language_of
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline

pytestmark = pytest.mark.slow

QUESTIONS = """
zh/getting-started   怎么安装茴香？
en/getting-started   How do I set up Fennel on a fresh machine?
en/deployment        Does Fennel need Docker?
zh/model-servers     Ollama 的提示词被截断怎么办？
en/model-servers     Which base_url does OpenRouter have?
zh/model-servers     火山引擎方舟的 base_url 怎么写？
en/model-servers     What does doctor try with a model server?
zh/local-testing     怎么用 ngrok 在本地测试？
en/local-testing     How do I use ngrok to test the webhook?
zh/local-testing     webhook 地址需要保密吗？
en/local-testing     is my webhook address secret
zh/feishu-app        机器人需要哪些权限？
en/feishu-app        Which scopes does the bot need?
en/feishu-app        How do I find my open_id?
zh/commands          群里有哪些命令？
en/commands          What commands are there in chat?
zh/commands          怎么成为管理员？
zh/commands          怎么撤回机器人的回答？
en/settings|en/commands  How do I change the settings of one group?
zh/settings          怎么更换 Encrypt Key？
zh/troubleshooting   机器人不回答怎么办？
en/troubleshooting   The bot does not answer, what should I check?
zh/troubleshooting   为什么每个问题都得 0 分？
en/troubleshooting   every question is scored 0
zh/troubleshooting   富文本不渲染怎么办
en/troubleshooting   rich text does not render
zh/troubleshooting   Redis 连不上会丢消息吗？
en/troubleshooting   What does error 99991672 mean?
zh/troubleshooting   卡片上的按钮没有反应
zh/models            模型下载失败
en/models            model download fails
zh/models            显存不够怎么办？
en/models            CUDA out of memory, what can I change?
zh/models            怎么换成 DeepSeek 的模型？
en/models            How do I use a remote model?
zh/documents         怎么添加文档而不重启？
en/documents         How can I index a git repository?
en/documents         Which file formats can be indexed?
zh/documents         支持哪些文档格式？
zh/documents         怎么回到上一个索引版本？
en/documents         How do I roll back the index to an older version?
zh/web-search        怎么打开网页搜索？
en/web-search        How do I enable web search?
zh/answering         如何查看机器人为什么没回答
zh/answering         怎么让机器人只在工作时间回答？
zh/operations        如何升级茴香？
zh/operations        怎么监控机器人？
en/command-line      How do I send a notification through a custom bot webhook?
en/command-line      How do I run the tests?
zh/command-line      python -m bot replay 是做什么的？
zh/settings          怎么限制只有某些群能用？
zh/settings          怎么屏蔽某个用户？
zh/documents         怎么让茴香索引飞书知识库里的文档？
en/documents         How do I add a Feishu wiki to the index?
zh/operations        日志在哪里看？
en/operations        Where are logs?
zh/operations        怎么备份？
zh/troubleshooting   机器人回答太慢怎么办？
en/models            Can it run without a GPU?
zh/models            可以用 Qwen 模型吗？
en/web-search        How do I stop the bot from searching the web?
en/answering         Does it remember the previous messages in a thread?
en/answering         How do I make answers longer?
zh/answering         机器人会用英文回答吗？
""".strip().splitlines()
SMALL_TALK = ("今天天气怎么样", "大家好，我是新来的", "lol same here", "thanks, see you tomorrow")


@pytest.fixture(scope="module")
def parts(guide_index: Path) -> PipelineParts:
    settings = settings_of_guide(guide_index)
    searcher = open_current(settings)
    return PipelineParts(settings, searcher, open_gate(settings, searcher), open_llm(settings))


@pytest.mark.parametrize("row", QUESTIONS)
def test_a_question_is_answered_from_its_page_in_its_language(parts: PipelineParts, row: str) -> None:
    page, text = row.split(maxsplit=1)
    answer, _ = Pipeline(parts).run(Question(text, language_of(text, "auto")))
    assert answer.outcome == Outcome.ANSWERED
    assert {f"{name}.md" for name in page.split("|")} & {source.path for source in answer.sources}


@pytest.mark.parametrize("text", SMALL_TALK)
def test_small_talk_is_declined(parts: PipelineParts, text: str) -> None:
    answer, _ = Pipeline(parts).run(Question(text, language_of(text, "auto")))
    assert answer.outcome == Outcome.DECLINED
