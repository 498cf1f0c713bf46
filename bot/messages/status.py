"""The card `/status`."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_status": ("运行状态", "Status"),
    "status_release": ("版本", "Release"),
    "status_engine": ("引擎", "Engine"),
    "status_degraded": ("精简模式", "Reduced mode"),
    "status_waiting": ("排队", "Waiting"),
    "status_running": ("正在回答", "Being answered"),
    "status_oldest": ("最早的问题已等", "Oldest has waited"),
    "status_source_away": ("读不到的来源", "Source that cannot be read"),
    "status_source_away_value": (
        "{source}：{why}；它的 {documents} 篇文档还是 {age}前的内容",
        "{source}: {why}; its {documents} documents are as they were {age} ago",
    ),
    "status_source_never": ("{source}：{why}；从未读到过", "{source}: {why}; it was never read"),
    "status_index": ("索引", "Index"),
    "status_index_value": (
        "{version}：{documents} 篇文档，{chunks} 个段落，{age}前建成",
        "{version}: {documents} documents, {chunks} chunks, built {age} ago",
    ),
    "age_in_seconds": ("{count} 秒", "{count} s"),
    "age_below_a_minute": ("不到 1 分钟", "under a minute"),
    "age_in_minutes": ("{count} 分钟", "{count} min"),
    "age_in_hours": ("{count} 小时", "{count} h"),
    "age_in_days": ("{count} 天", "{count} days"),
    "status_asker": ("你的 open_id", "Your open_id"),
    "status_chat": ("这个会话的 chat id", "This chat's id"),
}
