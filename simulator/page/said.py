"""What Feishu's own window says around and in a card, in Chinese and English, as its reader has chosen."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "press_failed": (
        "出错了，请稍后重试 code: {code}",
        "Something went wrong, please try again later code: {code}",
    ),
    "generating": ("生成中…", "Generating…"),
    "generating_line": ("[生成中...]", "[Generating...]"),
    "card": ("[卡片]", "[Card]"),
    "recalled": ("{who} 撤回了一条消息", "{who} recalled a message"),
    "everyone": ("所有人", "everyone"),
    "choose": ("请选择", "Please choose"),
    "copy": ("复制", "Copy"),
    "not_shown": ("飞书不会渲染：{what}", "Feishu does not show this: {what}"),
    "no_component": ("不支持的组件", "No such component"),
    "no_html": ("不支持的 HTML：{what}", "HTML that is not supported: {what}"),
    "fence_inside": ("代码块必须在行首", "A code block must begin its line"),
    "fence_inside_short": ("代码块不在行首", "not at the line's beginning"),
    "image_key": ("图片只能用 image_key（200570）：{what}", "A picture needs an image_key (200570): {what}"),
    "image_wrong": ("图片无效", "no such picture"),
    "link_wrong": ("链接必须是 http 或 https：{what}", "A link must be http or https: {what}"),
}
LANGUAGES = ("zh", "en")


def said(name: str, language: str, **values: str) -> str:
    """The sentence in 'zh' or 'en'; Chinese for any other language."""
    return SENTENCES[name][language == "en"].format(**values)
