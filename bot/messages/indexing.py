"""Updates of the index, its sources and its versions; and why a document could not be read, in Chinese.

The index says that in English, in its own words, as "source: path: reason". What no pattern knows is shown as
it is: a reason in English is better than none.
"""

from __future__ import annotations

import re

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "title_reindex_running": ("正在更新索引", "Updating the index"),
    "title_reindex_done": ("索引已更新", "Index updated"),
    "title_reindex_unchanged": ("索引没有变化", "Index unchanged"),
    "title_reindex_failed": ("索引没有更新", "Index not updated"),
    "title_reindex_dry": ("试运行：什么都没有改", "Dry run: nothing was changed"),
    "title_reindex_cancelled": ("更新已取消", "Update cancelled"),
    "reindex_cancelled": (
        "更新已取消，旧版本继续使用；已经算好的向量保留着，下次更新会接着用。",
        "The update was cancelled; the old version keeps answering. What was embedded is kept for next time.",
    ),
    "reindex_waiting": ("等待正在进行的更新", "Waiting for the update that runs"),
    "reindex_dry_summary": (
        "来源里现在有 {documents} 篇文档，{chunks} 个段落；如果更新，会有这些变化：",
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
        "{built} · {documents} 篇文档，{chunks} 个段落 · 新增 {added}，修改 {changed}，删除 {removed}",
        "{built} · {documents} documents, {chunks} chunks · added {added}, changed {changed}, gone {removed}",
    ),
    "version_current": ("正在使用", "in use"),
    "reindex_loading": ("读取文档", "Reading documents"),
    "reindex_splitting": ("切分文档", "Splitting documents"),
    "reindex_embedding": ("计算向量", "Embedding"),
    "reindex_compared": (
        "用你的问题比较新旧版本，其中变差的回答",
        "Own questions asked of the old and the new version: answers that got worse",
    ),
    "reindex_publishing": ("发布新版本", "Publishing"),
    "reindex_other": ("处理中：{stage}", "Working: {stage}"),
    "reindex_keeps_answering": (
        "更新期间照常回答问题。",
        "Questions are answered as usual meanwhile.",
    ),
    "reindex_summary": (
        "版本 **{version}**：{documents} 篇文档，{chunks} 个段落，用时 {seconds} 秒。",
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
    "reindex_remarks": ("{count} 篇读取时有提示", "{count} read with a remark"),
    "reindex_unread": ("没有读取的格式：{formats}", "Formats that are not read: {formats}"),
    "reindex_left_out": ("没有读取的文件和目录：{what}", "Left out: {what}"),
    "left_out_hidden": ("隐藏的 {count} 个", "{count} hidden"),
    "left_out_empty": ("空文件 {count} 个", "{count} empty"),
    "left_out_tools": ("工具的目录 {count} 个", "{count} of tools"),
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
    "no_such_version": (
        "没有版本 {version}；发送 /versions 查看有哪些版本。",
        "There is no version {version}; /versions lists those there are.",
    ),
    "title_versions": ("索引版本", "Index versions"),
}

_SPLIT = "；请拆开，或用 exclude 排除"
_REASONS: tuple[tuple[str, str], ...] = (
    # the reason at the end of a remark, as index and worker say it -> the same in Chinese
    (r"holds no text", "没有文字"),
    (
        r"the PDF holds no text, only pictures; run OCR on it first",
        "PDF 里只有图片，没有文字；请先做文字识别",
    ),
    (r"the PDF needs a password", "PDF 有密码"),
    (r"the file needs a password", "文件有密码"),
    (r"the book is locked \(DRM\)", "电子书有 DRM 保护"),
    (r"larger than (\d+) MB; split it or exclude it", "超过 {} MB" + _SPLIT),
    (r"unpacks to more than (\d+) MB; split it or exclude it", "解压后超过 {} MB" + _SPLIT),
    (r"took more than (\d+) s of work; split it or exclude it", "{} 秒还没读完" + _SPLIT),
    (r"needs more than (\d+) MB of memory; split it or exclude it", "读它要用 {} MB 以上的内存" + _SPLIT),
    (r"it took more than its time; split it or exclude it", "没能在限定时间内读完" + _SPLIT),
    (r"its reader did not come back in time; split it or exclude it", "没能在限定时间内读完" + _SPLIT),
    (r"its reader was killed, for its memory most likely; split it or exclude it", "多半是内存不够" + _SPLIT),
    (r"its reader died of it \(status (.+?)\); split it or exclude it", "读取进程异常退出（{}）" + _SPLIT),
    (r"its reader failed: (.+)", "读取时出错（{}）"),
    (r"only its first (\d+) of (\d+) passages are indexed; split it", "只索引了前 {} 段，共 {} 段；请拆开"),
    (
        r"(\d+) characters left out that are data or minified code, no text",
        "略去 {} 个字符：是数据或压缩过的代码，不是文字",
    ),
    (r"a picture of (\d+) x (\d+) pixels is too large", "图片太大（{} × {} 像素）"),
    (
        r"pictures need OCR, which is not installed: run `make ocr`.*",
        "读图片要先安装文字识别：运行 `make ocr`",
    ),
    (
        r"no text: a picture, a program or an archive under the name of a page",
        "内容不是文字，只是扩展名像文档",
    ),
    (
        r"a Git LFS pointer, the file itself is not here; run `git lfs pull`",
        "只有 Git LFS 指针；请运行 `git lfs pull`",
    ),
    (r"a link to (.+) that Git wrote as text", "只是指向 {} 的链接"),
    (r"holds no row with a question and an answer", "没有一行既有问题又有答案"),
    (r"not text in (.+)", "不是 {} 编码的文字"),
    (r"not readable as (\w+): (.+)", "读不出 {} 的内容（{}）"),
    (r"not valid (\w+): (.+)", "不是有效的 {}（{}）"),
    (r"no notebook: (.+)", "不是 notebook（{}）"),
    (
        r"damaged: it is cut off, or another format under this name; save it anew",
        "文件已损坏：不完整，或者其实是别的格式；请重新保存一份",
    ),
    (r"damaged: (.+)", "文件已损坏（{}）"),
    (r"not a regular file", "不是普通文件"),
    (r"is an index of Fennel, not documents", "是茴香的索引，不是文档，没有读取"),
    (r"no such file(?: or folder)?(; see index\.sources)?", "没有这个文件或目录"),
    (r"no answer: (.+)", "没有应答（{}）"),
    (r"(git [\w-]+) failed: (.+)", "{} 失败（{}）"),
    # what Feishu's wiki, documents, folders, sheets and bases refuse, by bot/feishu/codes.py
    (
        r"no permission; add the app as a member of the wiki space, or share the page with it",
        "没有权限；请把应用加为知识空间成员，或把页面分享给应用",
    ),
    (
        r"no permission; share the document with the app: .*",
        "没有权限；请打开文档的“...” > 更多 > 添加文档应用，把应用加进去",
    ),
    (
        r"no permission; share the folder with a group that the app's bot is in",
        "没有权限；请把文件夹分享给机器人所在的群",
    ),
    (r"no permission; share the sheet with the app", "没有权限；请把电子表格分享给应用"),
    (r"no permission; make the app an administrator of the base", "没有权限；请把应用设为多维表格的管理员"),
    (r"the wiki has no such page or space; check the link", "没有这个知识库页面或知识空间，请检查链接"),
    (r"this is no (?:document's|base's) token; check the link", "链接里的 token 不对，请检查链接"),
    (r"there is no such folder; check the link", "没有这个文件夹，请检查链接"),
    (r"there is no such (?:document|sheet|base)", "没有这篇文档或表格"),
    (r"the (?:document|folder|sheet) was deleted", "已被删除"),
    (r"the document has too many blocks", "文档的块太多"),
    (r"the document's plain text is too large", "文档的文字太多"),
    (r"the app lacks a permission.*", "应用缺少权限；请在开发者后台开通并发布版本"),
    (
        r"no page found(?: \(left out: .+\))?; look at its path, `include` and `exclude`",
        "没有找到页面；请检查路径、`include` 和 `exclude`",
    ),
    (
        r"(\d+) sources have this name, and of pages with one path one hides the other; .*",
        "有 {} 个来源用这个名字，路径相同的页面会互相覆盖；请在 index.sources 里各取一个 `name`",
    ),
    # what a web site answered
    (r"HTTP (\d+)", "网站返回 HTTP {}"),
    (r"the page is not text \((.+)\)", "不是文字（{}）"),
    (r"the page is larger than (\d+) bytes", "网页超过 {} 字节"),
    (r"the site's robots\.txt does not allow it", "网站的 robots.txt 不允许读取"),
    (r"the site's robots\.txt could not be read", "网站的 robots.txt 读不出来"),
    (r"too many redirects", "重定向次数太多"),
    (r"the page broke off", "网页没有传完"),
    (r"(\S+) leads to an address outside the public internet", "{} 不在公网上"),
    # how its bytes were read
    (r"(\d+) bytes? (?:is|are) zero; (?:it is|they are) shown as �", "{} 个字节是零，显示为 �"),
    (r"its mark says ([^,]+), which it is not", "文件头标明是 {}，实际不是"),
    (
        r"(\d+) lines? (?:is|are) ([^,]+), the others ([^;]+); all are read",
        "{} 行是 {} 编码，其余是 {}，都已读取",
    ),
    (
        r"(\d+) bytes? (?:is|are) not ([^;]+); (?:it is|they are) shown as �",
        "{} 个字节不是 {} 编码，显示为 �",
    ),
    (r"some bytes are not ([^;]+); they are shown as �", "有些字节不是 {} 编码，显示为 �"),
)
_KNOWN = tuple((re.compile(rf"(?s:(?:(?<=: )|^){english}\Z)"), chinese) for english, chinese in _REASONS)
"""They may hold other people's words: `.` takes line ends too, so that the first place where one begins
decides, and where something must follow, the words before it are those without its sign."""


def reason_in(language: str, remark: str) -> str:
    """A remark of the index in the reader's language."""
    if language != "zh":
        return remark
    for english, chinese in _KNOWN:
        if found := english.search(remark):
            return remark[: found.start()] + chinese.format(*found.groups(default=""))
    return remark
