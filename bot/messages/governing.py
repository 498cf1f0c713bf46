"""What admins are told about a group: its digest, and its settings changed from chat."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_digest": ("最近 {days} 天的小结", "Digest of the last {days} days"),
    "digest_figures": (
        "提问 {asked}，已回答 {answered}，未受理 {declined}；👍 {helpful}，👎 {unhelpful}",
        "Asked {asked}, answered {answered}, declined {declined}; 👍 {helpful}, 👎 {unhelpful}",
    ),
    "digest_tokens": ("用量：{tokens} tokens", "Cost: {tokens} tokens"),
    "digest_unanswered": ("没能回答的（按意思归并）", "Not answered, by meaning"),
    "digest_hint": (
        "知道答案？在群里回复那条消息，发送 `/answer 答案`。",
        "Know one? Reply to the message in the group with `/answer TEXT`.",
    ),
    "digest_more": ("其余没能回答的（{count}）", "More that was not answered ({count})"),
    "digest_reasons": ("👎 的原因（{count}）", "Reasons for 👎 ({count})"),
    "digest_cited": ("引用最多的文档（{count}）", "Documents cited most ({count})"),
    "digest_outdated": ("可能过时的页面（{count}）", "Pages that may be out of date ({count})"),
    "digest_contradictions": ("说法不一致的页面（{count}）", "Pages that contradict each other ({count})"),
    "digest_since": (
        "请写成数字加 h、d 或 w，例如 `/digest 7d`。",
        "Give a number with h, d or w, such as `/digest 7d`.",
    ),
}
