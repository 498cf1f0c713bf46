"""What a check says, in Chinese and English: it stands here, for the index knows nothing of bot.messages."""

from __future__ import annotations

import unicodedata

_WIDTH = 24
_WORDS: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "head": (
        "版本 {version}：共 {pages} 个页面，对其中 {asked} 个出了题",
        "version {version}: {pages} pages, {asked} of them asked about",
    ),
    "judges": (
        "只评判两点：该不该回答，以及该用的页面是否排在搜索结果前面。写出的回答对不对没有评判，"
        "对的比例会明显更低；加上 `--whole-answers` 按整个回答评判（慢得多）",
        "judged: whether a message is taken for a question, and whether the right page is among the first "
        "found. Not judged: what is then written, of which clearly fewer are right; `--whole-answers` judges "
        "that (much slower)",
    ),
    "whole": ("评判的是完整的回答", "judged: whole answers, as members get them"),
    "columns": (
        "问题                        题数   答对      答错    不回答",
        "questions                   n  answered     wrong  declined",
    ),
    "heading": ("来自标题", "from headings"),
    "faq": ("来自问答", "from FAQ"),
    "own": ("自己的问题", "your own"),
    "own-declined": ("自己的，不该回答", "your own, to decline"),
    "foreign": ("无关的问题", "about other things"),
    "talk": ("闲聊", "small talk"),
    "zh": ("中文", "zh"),
    "en": ("英文", "en"),
    "answered": ("答对", "answered"),
    "wrong": ("答错", "wrong"),
    "declined": ("没回答", "declined"),
    "own_wrong": (
        "自己的问题里有 {count} 个没答对：看看对应的页面，或者把大家常用的说法写进标题",
        "{count} of your own questions went wrong: read their pages, or add the words members use to a "
        "heading",
    ),
    "own_wrong_one": (
        "",
        "1 of your own questions went wrong: read its pages, or add the words members use to a heading",
    ),
    "accepted": (
        "有 {count} 条无关的消息会被当成该回答的：把这类消息标注出来再运行 `python -m index calibrate`，"
        "或者设置 `point: quiet`",
        "{count} messages about other things would be taken for questions to answer: label such ones and run "
        "`python -m index calibrate`, or choose `point: quiet`",
    ),
    "accepted_one": (
        "",
        "1 message about other things would be taken for a question to answer: label such ones and run "
        "`python -m index calibrate`, or choose `point: quiet`",
    ),
    "unreached": (
        "有 {count} 个页面用自己的标题也搜不到：请给它们写上能说明内容的标题",
        "{count} pages are not found by their own headings: give them headings that say what they are about",
    ),
    "unreached_one": (
        "",
        "1 page is not found by its own headings: give it headings that say what it is about",
    ),
    "duplicates": (
        "有 {count} 处页面内容重复：留一份即可，或者用 `exclude` 排除",
        "{count} pages say the same as another: keep one of each, or leave one out with `exclude`",
    ),
    "duplicates_one": (
        "",
        "1 page says the same as another: keep one of them, or leave one out with `exclude`",
    ),
    "contradictions": (
        "有 {count} 处说法只有数字不同：看看哪个对，把另一个改过来",
        "{count} statements differ in their numbers: see which is right, and mend the other",
    ),
    "contradictions_one": (
        "",
        "1 statement differs from another in its numbers: see which is right, and mend the other",
    ),
    "absent": (
        "你的问题里有 {count} 个页面不在索引中：检查 relevant 里的路径",
        "{count} pages that your questions name are not in the index: look at the paths in `relevant`",
    ),
    "absent_one": (
        "",
        "1 page that your questions name is not in the index: look at its path in `relevant`",
    ),
    "untitled": (
        "有 {count} 个页面没有标题，只能显示文件名：在开头加一行 `# 标题`，或者在导航里起名",
        "{count} pages have no title and are called after their file: begin them with a heading `# ...`, or "
        "name them in the navigation",
    ),
    "untitled_one": (
        "",
        "1 page has no title and is called after its file: begin it with a heading `# ...`, or name it in "
        "the navigation",
    ),
    "more": ("  另有 {count} 项（--json 显示全部）", "  and {count} more (--json shows all)"),
    "kept": (
        "你的问题保存在 {file}；以后每次构建都会说明哪些回答变差了",
        "your questions are kept in {file}; each build says which answers got worse",
    ),
}


def words(language: str, name: str, **values: object) -> str:
    """A sentence in `language`, 'zh' or else English. Raises KeyError."""
    chinese, english = _WORDS[name]
    return (chinese if language == "zh" else english).format(**values)


def padded(label: str) -> str:
    """A label as wide as its column; a Chinese character takes two places of a terminal."""
    width = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in label)
    return label + " " * max(0, _WIDTH - width)
