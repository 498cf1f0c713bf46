"""Titles, marks, sources and footers of answer cards."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_answered": ("来自文档的回答", "Answer from the documents"),
    "title_web": ("来自网页的回答", "Answer from the web"),
    "title_partly": ("部分回答", "Partial answer"),
    "title_not_found": ("文档里没有找到", "Not found in the documents"),
    "title_closest": ("没有答案，这几处最接近", "No answer, only the closest places"),
    "title_declined": ("不在文档范围内", "Outside my documents"),
    "title_failed": ("没能回答", "Could not answer"),
    "title_part": ("{title}（{part}/{parts}）", "{title} ({part}/{parts})"),
    "tag_degraded": ("精简模式", "reduced"),
    "tag_resolved": ("已解决", "resolved"),
    "sources": ("来源", "Sources"),
    "sources_further": ("其他相关内容（未被引用）", "Also found, not cited"),
    "sources_omitted": ("另有 {count} 个来源未列出", "{count} more not listed"),
    "source_web": ("网页", "web"),
    "age_today": ("今天更新", "updated today"),
    "age_day": ("昨天更新", "updated yesterday"),
    "age_days": ("{count} 天前更新", "updated {count} days ago"),
    "age_month": ("1 个月前更新", "updated a month ago"),
    "age_months": ("{count} 个月前更新", "updated {count} months ago"),
    "age_year": ("1 年前更新", "updated a year ago"),
    "age_years": ("{count} 年前更新", "updated {count} years ago"),
    "unsupported_one": (
        "有 1 句话在资料里找不到依据，已去掉或标出。",
        "1 sentence had no support in the sources and was dropped or marked.",
    ),
    "unsupported": (
        "有 {count} 句话在资料里找不到依据，已去掉或标出。",
        "{count} sentences had no support in the sources and were dropped or marked.",
    ),
    "late": (
        "抱歉，之前连不上飞书，这条回答晚了 {age}。",
        "Sorry, this is {age} late: Feishu could not be reached.",
    ),
    "footer_product_version": ("适用于版本 {version}", "for version {version}"),
    "continued": ("接下一张卡片 ↓", "continued in the next card ↓"),
}
