"""How models say that the material does not answer, and answers that only sound like it."""

from __future__ import annotations

import pytest

from worker.pipeline.not_found import may_become, says_so, without_word


@pytest.mark.parametrize(
    "reply",
    [
        "NOT_FOUND",
        "NOT_FOUND.",
        "**NOT_FOUND**",
        "**NOT_FOUND**。",
        "`NOT_FOUND`\n",
        "[NOT_FOUND]",
        "<NOT_FOUND>",
        "# NOT_FOUND",
        "NOT FOUND",
        "Not found.",
        "not_found",
        "NOTFOUND",
        "Output: NOT_FOUND",
        "**答案**：NOT_FOUND",
        "Answer: `NOT_FOUND`.",
        "NOT_FOUND\n\nThe material does not say how to install FooServe on Windows.",
        "NOT_FOUND: the documents describe the upgrade only.",
        "NOT_FOUND（资料中没有相关说明）",
        "The passages are about the upgrade.\n\nNOT_FOUND",
        "抱歉，文档中没有提到如何安装 FooServe。",
        "很抱歉，根据提供的资料，无法回答这个问题。",
        "资料中未找到关于 FooServe 安装的相关信息。",
        "抱歉，资料中没有提及 FooServe 的安装方式，建议您查看官方文档或联系管理员。",
        "资料没有说明 FooServe 的默认端口 [1]。",
        "根据上面的资料，没有足够的信息回答您的问题。如果您有更多问题，请告诉我。",
        "对不起，我无法根据给定的材料确定答案。",
        "Sorry, the documents do not mention how to install FooServe.",
        "I'm sorry, but the provided material does not contain information about installing FooServe.",
        "Based on the given material, there is no information about how to install FooServe [1].",
        "The context doesn't specify this. Please consult the official documentation.",
        "Unfortunately, I could not find any information about FooServe on Windows, Mac or Linux.",
        "I cannot answer this question from the given excerpts. You may want to contact the maintainers.",
    ],
)
def test_that_there_is_no_answer(reply: str) -> None:
    assert says_so(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Run `pip install fooserve` [1].",
        "`NOT_FOUND` means that the key is in no store [1].",
        "NOT_FOUND 表示服务没有注册 [1]，请先启动它。",
        "The server answers 404 NOT_FOUND while the route is not registered [1].",
        "文档没有提到 GPU 版本的安装，CPU 版本用 `pip install fooserve` 安装 [1]。",
        "The guide does not mention Windows; on Linux run `pip install fooserve` [1].",
        "No, the port cannot be changed while the server runs [1].",
        "It is not found because the cache is stale: clear the cache and start again [1].",
        "端口不能在运行时修改 [1]，修改后要重启服务。",
        "不需要。FooServe 会在启动时创建数据库 [1]。",
        "没有默认密码，第一次登录时设置 [1]。",
        "资料没有给出默认值：\n\n```yaml\nport: 8099\n```",
        "FooServe does not need a database [1]. It keeps its state in files below the data folder [1].",
        "日志里没有包含敏感信息 [1]。",
        "文档不包含在备份里 [1]。",
        "It does not know the password [1].",
        "The client does not provide information about its host [1].",
        "The documents are not included in the backup [1].",
        "The token is printed once and cannot be shown again [1]; create another one.",
    ],
)
def test_that_there_is_one(reply: str) -> None:
    assert not says_so(reply)


def test_nothing_is_shown_while_it_may_become_the_word() -> None:
    assert all(may_become("**NOT_FOUND**"[:end]) for end in range(14))
    assert not may_become("Note that")


def test_a_word_added_to_an_answer_is_taken_away() -> None:
    answer = "Run `pip install fooserve` [1]."
    assert without_word(f"{answer}\n\n**NOT_FOUND**.\n") == answer
    assert not says_so(f"{answer}\n\nNOT_FOUND")
    assert without_word(answer) == answer
