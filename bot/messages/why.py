"""The card `/why`: what an answer, or its absence, rests on."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "why_looked": ("我检索的是：{question}", "I looked for: {question}"),
    "why_found": (
        "找到 {pages} 个页面，最接近的是 {place}。",
        "I found {pages} pages; the closest is {place}.",
    ),
    "why_found_one": ("找到一个页面：{place}。", "I found one page: {place}."),
    "why_found_nothing": ("文档里没有找到相关的段落。", "I found no passage about it in the documents."),
    "why_declined": (
        "文档能回答这个问题的概率是 {probability}，低于阈值 {threshold}，所以没有回答。",
        "The chance that the documents answer it was {probability}, below the {threshold} that is needed, "
        "so I did not answer.",
    ),
    "why_answered": (
        "文档能回答这个问题的概率是 {probability}（阈值 {threshold}），"
        "写出的每句话都核对过原文，所以回答了。",
        "The chance that the documents answer it was {probability} ({threshold} is needed) and every "
        "sentence was checked against its source, so I answered.",
    ),
    "why_partly": (
        "文档能回答这个问题的概率是 {probability}（阈值 {threshold}）；"
        "有 {dropped} 句话在原文里找不到依据，已去掉。",
        "The chance that the documents answer it was {probability} ({threshold} is needed); {dropped} "
        "sentences had no support in the sources and were dropped.",
    ),
    "why_not_found": (
        "看起来文档能回答（概率 {probability}），但读过之后没有找到能作为依据的内容。",
        "It looked like a question for these documents ({probability}), but nothing in them supports "
        "an answer.",
    ),
    "why_web": ("文档里没有答案，是根据网页回答的。", "The documents did not answer it, so web pages did."),
    "why_failed": ("回答时出了错，详情在下面。", "Something failed while answering; the details are below."),
    "why_thanked": ("这是道谢，只用表情回应。", "These were thanks, so there was only a reaction."),
    "why_joined": (
        "这条消息只是问题的一部分，已经和后面的消息一起回答了。",
        "It was part of a question; the message after it was answered.",
    ),
    "why_silent": (
        "没有人点名问我，我也没有把握，所以没有出声。",
        "Nobody asked me by name and I was not sure, so I stayed silent.",
    ),
    "why_other": ("结果：{outcome}。", "It ended as: {outcome}."),
    "why_numbers": ("数值和步骤", "Numbers and steps"),
    "title_why": ("为什么这样回答", "Why this answer"),
}
