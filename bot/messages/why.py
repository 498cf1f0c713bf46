"""The card `/why`: what an answer, or its absence, rests on."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "why_looked": ("我找的是：{question}", "I looked for: {question}"),
    "why_found": (
        "找到 {pages} 个页面，最接近的是 {place}。",
        "I found {pages} pages; the closest is {place}.",
    ),
    "why_found_one": ("找到一个页面：{place}。", "I found one page: {place}."),
    "why_found_nothing": ("文档里没有找到相关的段落。", "I found no passage about it in the documents."),
    "why_declined": (
        "文档能回答它的把握是 {probability}，不到需要的 {threshold}，所以没有回答。",
        "The chance that the documents answer it was {probability}, below the {threshold} that is needed, "
        "so I did not answer.",
    ),
    "why_answered": (
        "文档能回答它的把握是 {probability}（需要 {threshold}），写出的每句话都对照了原文，所以回答了。",
        "The chance that the documents answer it was {probability} ({threshold} is needed) and every "
        "sentence was checked against its source, so I answered.",
    ),
    "why_partly": (
        "文档能回答它的把握是 {probability}（需要 {threshold}）；"
        "有 {dropped} 句话在原文里找不到依据，已去掉。",
        "The chance that the documents answer it was {probability} ({threshold} is needed); {dropped} "
        "sentences had no support in the sources and were dropped.",
    ),
    "why_not_found": (
        "看起来文档能回答（把握 {probability}），但读过之后，没有找到能支撑回答的内容。",
        "It looked like a question for these documents ({probability}), but nothing in them supports "
        "an answer.",
    ),
    "why_web": ("文档里没有，是根据网页回答的。", "The documents did not answer it, so web pages did."),
    "why_failed": ("回答时出了错，详情在下面。", "Something failed while answering; the details are below."),
    "why_thanked": ("这是道谢，只用表情回应。", "These were thanks, so there was only a reaction."),
    "why_joined": (
        "它是一个问题的一部分，和后面的消息一起回答了。",
        "It was part of a question; the message after it was answered.",
    ),
    "why_silent": (
        "没有人点名问我，也没有把握，所以没有出声。",
        "Nobody asked me by name and I was not sure, so I stayed silent.",
    ),
    "why_other": ("结果：{outcome}。", "It ended as: {outcome}."),
    "why_numbers": ("数字和步骤", "Numbers and steps"),
    "title_why": ("为什么这样回答", "Why this answer"),
}
