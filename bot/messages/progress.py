"""What a card shows while its question waits, is looked up and is being answered."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "searching": (
        "正在检索 {total} 篇文档中的 {count} 篇…",
        "Searching {count} of {total} documents ...",
    ),
    "reading": ("正在阅读《{page}》…", "Reading {page} ..."),
    "reading_more": ("正在阅读《{page}》等 {count} 篇…", "Reading {page}, {count} pages in all ..."),
    "reading_web": (
        "正在阅读第 {number} 个网页，共 {total} 个…",
        "Reading web page {number} of {total} ...",
    ),
    "starting": ("正在查找…", "Looking it up ..."),
    "writing": ("正在撰写回答…", "Writing the answer ..."),
    "title_progress": ("正在回答", "Working on it"),
    "title_busy": ("排队中", "In the queue"),
    "title_not_now": ("现在答不了", "Not now"),
    "busy": (
        "前面还有 {position} 个问题，轮到时会在这里回答。",
        "{position} questions are ahead of yours; the answer will appear here.",
    ),
    "busy_next": ("马上轮到你的问题。", "Your question is next."),
    "web_searching": ("正在联网再答一次…", "Answering again with web search ..."),
    "searching_web": ("正在联网搜索…", "Searching the web ..."),
}
