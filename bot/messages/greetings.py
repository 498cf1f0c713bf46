"""First words, manners and hours: what the bot says to people who did not ask anything yet."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_hello": ("你好，我是茴香", "Hello, I am Fennel"),
    "manners_hello": ("你好！有技术问题直接问我就行。", "Hello! Just ask me a technical question."),
    "manners_who": (
        "我是茴香，群里的答疑机器人：从文档里找答案，并注明出处。",
        "I am Fennel. I answer questions from your documents and say where I read it.",
    ),
    "manners_what": (
        "@我 并提问（单聊里直接问），我从文档里找答案并标出来源；在我的回答下面可以直接追问。"
        "发送 /help 看全部命令。",
        "Mention me with a question (in a private chat just ask): I answer from the documents and cite them. "
        "Below an answer you can simply go on asking. /help lists the commands.",
    ),
    "manners_stop": ("现在没有正在进行的回答。", "No answer is being written just now."),
    "knows": (
        "我读过 {documents} 篇文档，来自：{sources}。",
        "I have read {documents} documents, from: {sources}.",
    ),
    "knows_one": ("我读过 1 篇文档，来自：{sources}。", "I have read one document, from: {sources}."),
    "knows_nothing": ("我还没有读到文档。", "I have no documents yet."),
    "try_asking": ("可以这样问：", "You could ask:"),
    "understood_as": ("结合上文理解为：{question}", "Understood as: {question}"),
    "greeting": (
        "大家好，我是茴香。@我 提问，我从文档里找答案并标出来源；在回答下面可以接着问。",
        "Hello, I am Fennel. Mention me with a question: I answer from the documents and cite them; "
        "below an answer you can go on asking.",
    ),
    "greeting_private": (
        "你好，我是茴香。直接问我就行，我从文档里找答案并标出来源。",
        "Hello, I am Fennel. Just ask: I answer from the documents and cite them.",
    ),
    "outside_hours": (
        "现在不在答疑时间（{start}–{end}）。请在 {next} 之后再问我。",
        "I answer from {start} to {end}. Please ask again after {next}.",
    ),
    "title_hours": ("现在不在答疑时间", "Outside my hours"),
    "stopped": ("已停止回答。", "Stopped."),
}
