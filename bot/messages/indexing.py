"""Updates of the index, its sources and its versions."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_reindex_running": ("正在更新索引", "Updating the index"),
    "title_reindex_done": ("索引已更新", "Index updated"),
    "title_reindex_failed": ("索引没有更新", "Index not updated"),
    "title_reindex_dry": ("试运行：什么都没有改", "Dry run: nothing was changed"),
    "title_reindex_cancelled": ("更新已取消", "Update cancelled"),
    "reindex_cancelled": (
        "更新已取消，旧版本继续使用；已经算好的向量保留着，下次更新会接着用。",
        "The update was cancelled; the old version keeps answering. What was embedded is kept for next time.",
    ),
    "reindex_waiting": ("等待正在进行的更新", "Waiting for the update that runs"),
    "reindex_dry_summary": (
        "来源里现在有 {documents} 篇文档，{chunks} 个片段；如果更新，会有这些变化：",
        "The sources hold {documents} documents, {chunks} chunks; an update would change this:",
    ),
    "no_such_source": (
        "没有叫 {wanted} 的来源。现有来源：{names}",
        "No source is called {wanted}. There are: {names}",
    ),
    "title_sources": ("文档来源", "Sources"),
    "source_line": ("{documents} 篇文档，{age}前读取", "{documents} documents, read {age} ago"),
    "source_never": ("{documents} 篇文档，还没有读取过", "{documents} documents, not read yet"),
    "source_due": ("自动更新：{due}", "reads itself: {due}"),
    "source_fault": ("上次没能读取：{why}", "could not be read: {why}"),
    "version_line": (
        "{built} · {documents} 篇文档，{chunks} 个片段 · 新增 {added}，修改 {changed}，删除 {removed}",
        "{built} · {documents} documents, {chunks} chunks · added {added}, changed {changed}, gone {removed}",
    ),
    "version_current": ("正在使用", "in use"),
    "reindex_loading": ("读取文档", "Reading documents"),
    "reindex_splitting": ("切分文档", "Splitting documents"),
    "reindex_embedding": ("计算向量", "Embedding"),
    "reindex_compared": (
        "用自己的问题比较新旧版本：变差的回答",
        "Own questions asked of the old and the new version: answers that got worse",
    ),
    "reindex_publishing": ("发布新版本", "Publishing"),
    "reindex_other": ("处理中：{stage}", "Working: {stage}"),
    "reindex_keeps_answering": (
        "更新期间照常回答问题。",
        "Questions are answered as usual meanwhile.",
    ),
    "reindex_summary": (
        "版本 **{version}**：{documents} 篇文档，{chunks} 个片段，用时 {seconds} 秒。",
        "Version **{version}**: {documents} documents, {chunks} chunks, {seconds} s.",
    ),
    "reindex_added": ("新增 {count}", "Added {count}"),
    "reindex_changed": ("修改 {count}", "Changed {count}"),
    "reindex_removed": ("删除 {count}", "Removed {count}"),
    "reindex_unchanged": ("文档没有变化。", "No document changed."),
    "reindex_problems": ("{count} 篇没能读取", "{count} could not be read"),
    "reindex_asks": (
        "{total} 篇文档里有 {removed} 篇不在了，超过 index.max_removed 允许的比例。什么都没有改，"
        "旧版本继续使用。如果确实删掉了它们，请点下面的按钮；"
        "如果是某个目录或仓库暂时不可用，恢复后再发送 /reindex。",
        "{removed} of {total} documents are gone, more than index.max_removed allows. Nothing was changed; "
        "the old version keeps answering. If they were removed on purpose, press the button; if a folder or "
        "a repository is only away, send /reindex again when it is back.",
    ),
    "title_reindex_asks": ("要删除这么多文档吗？", "Remove so many documents?"),
    "reindex_interrupted": (
        "更新几次都中断了（进程被结束，多半是内存不足）",
        "the update was cut off several times (its process ended, for want of memory most likely)",
    ),
    "reindex_gone": ("{count} 篇不在了", "{count} are gone"),
    "reindex_remarks": ("{count} 篇读取时有说明", "{count} read with a remark"),
    "reindex_unread": ("没有读取的格式：{formats}", "Formats that are not read: {formats}"),
    "reindex_worse": ("{count} 个回答变差了", "{count} answers got worse"),
    "reindex_failed": (
        "新版本没有发布，旧版本继续使用：{reason}",
        "Nothing was published; the old version keeps answering: {reason}",
    ),
    "list_omitted": ("另有 {count} 项", "{count} more"),
    "rolled_back": ("已切换到版本 {version}。", "Switched to version {version}."),
    "version_of_other_format": (
        "版本 {version} 是另一个版本的茴香生成的，这里读不了；发送 /reindex 重建。",
        "Another release wrote version {version}, and this one cannot read it; send /reindex.",
    ),
    "no_such_version": ("没有版本 {version}。", "There is no version {version}."),
    "title_versions": ("索引版本", "Index versions"),
}
