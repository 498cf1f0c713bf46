"""What admins are told about a group: its digest, and its settings changed from chat."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_digest": ("最近 {days} 天的小结", "Digest of the last {days} days"),
    "digest_figures": (
        "提问 {asked}，已回答 {answered}，未回答 {declined}；👍 {helpful}，👎 {unhelpful}",
        "Asked {asked}, answered {answered}, declined {declined}; 👍 {helpful}, 👎 {unhelpful}",
    ),
    "digest_tokens": ("用量：{tokens} token", "Cost: {tokens} tokens"),
    "digest_unanswered": ("没能回答的（按意思归并）", "Not answered, by meaning"),
    "digest_hint": (
        "知道答案？在群里回复那条消息，发送“/answer 答案”。",
        "Know one? Reply to the message in the group with '/answer TEXT'.",
    ),
    "digest_more": ("其余没能回答的（{count}）", "More that was not answered ({count})"),
    "digest_reasons": ("👎 的原因（{count}）", "Reasons for 👎 ({count})"),
    "digest_cited": ("引用最多的文档（{count}）", "Documents cited most ({count})"),
    "digest_outdated": ("可能过时的页面（{count}）", "Pages that may be out of date ({count})"),
    "digest_contradictions": ("说法不一致的页面（{count}）", "Pages that contradict each other ({count})"),
    "title_settings": ("本群的设置", "Settings of this group"),
    "settings_reply_to": ("何时回答：", "Answers:"),
    "settings_mention": ("@我 才回答", "when mentioned"),
    "settings_all": ("有把握时不用 @ 也回答", "without a mention, too, when sure"),
    "settings_language": ("语言：", "Language:"),
    "settings_point": ("积极程度：", "Point:"),
    "settings_work_time": ("答疑时间：", "Hours:"),
    "settings_experts": ("专家：", "Experts:"),
    "settings_always": ("全天", "always"),
    "settings_quiet": ("安静到 {until}", "Quiet until {until}"),
    "settings_chosen": ("在群里设置", "chosen from chat"),
    "settings_usage": (
        "管理员可以修改，几秒内生效，优先于 config.yaml：\n"
        "- `/settings mention on|off`：被 @ 才回答 / 有把握就回答\n"
        "- `/settings language auto|zh|en`\n"
        "- `/settings point quiet|balanced|eager`\n"
        "- `/settings hours 09:00-18:00 1-5`，或 `off`\n"
        "- `/settings experts @某人`，或 `none`\n"
        "- `/settings quiet 1h`，或 `off`\n"
        "- `/settings reset [名称]`：恢复成 config.yaml 里的",
        "Admins change them; it holds within seconds and wins over config.yaml:\n"
        "- `/settings mention on|off`: only when mentioned / whenever sure\n"
        "- `/settings language auto|zh|en`\n"
        "- `/settings point quiet|balanced|eager`\n"
        "- `/settings hours 09:00-18:00 1-5`, or `off`\n"
        "- `/settings experts @somebody`, or `none`\n"
        "- `/settings quiet 1h`, or `off`\n"
        "- `/settings reset [name]`: back to config.yaml",
    ),
    "digest_since": (
        "请写成数字加 h、d 或 w，例如 `/digest 7d`。",
        "Give a number with h, d or w, such as `/digest 7d`.",
    ),
}
