"""Labels of buttons, what is asked before and said after a press."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "button_helpful": ("👍 有帮助", "👍 Helpful"),
    "button_not_helpful": ("👎 没帮助", "👎 Not helpful"),
    "button_ask_human": ("🙋 找人帮忙", "🙋 Ask a human"),
    "button_take": ("我来回答", "I will take it"),
    "button_resolve": ("已解决", "Resolved"),
    "button_web": ("联网再答一次", "Answer with web search"),
    "button_sources": ("更多来源", "More sources"),
    "button_why": ("为什么这样回答", "Why this answer"),
    "button_recall": ("撤回回答", "Recall"),
    "button_remove_gone": ("确认删除并发布", "Remove them and publish"),
    "button_send_reason": ("提交", "Send"),
    "panel_more": ("更多", "More"),
    "take_back": (
        "提问者回复“撤回”可以撤回这条回答。",
        "Whoever asked can take this back by replying 'recall'.",
    ),
    "confirm_recall_title": ("撤回这条回答？", "Recall this answer?"),
    "confirm_recall": ("撤回后所有人都看不到它。", "Nobody will see it any more."),
    "reason_prompt": ("哪里不对？（可不填）", "What was wrong? (optional)"),
    "feedback_thanks": ("感谢反馈，已记录。", "Thank you, noted."),
    "feedback_sorry": (
        "谢谢指正，已记录，会据此改进。",
        "Thank you, noted; it helps the next answer.",
    ),
    "toast_noted": ("已收到。", "Received."),
    "toast_reindexing": ("正在更新索引。", "Updating the index."),
    "toast_not_allowed": ("你没有权限使用这个按钮。", "This button is not for you."),
    "toast_old_button": ("这个按钮已经失效。", "This button no longer works."),
    "toast_try_again": ("现在有点忙，请稍后再点一次。", "Too busy right now; please press again later."),
    "button_cancel_reindex": ("取消", "Cancel"),
    "button_use_version": ("使用这个版本", "Use this version"),
    "toast_cancelling": ("正在取消。", "Cancelling."),
    "toast_switching": ("正在切换。", "Switching."),
}
