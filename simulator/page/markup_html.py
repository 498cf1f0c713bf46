"""A card's Markdown as HTML for the page, looking as it does in Feishu, faults included.

What Feishu drops or cannot show is drawn as a red mark with the reason as its tooltip: what looks wrong
here is wrong there. Every piece of text is escaped; the only tags that leave this module are written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from simulator.cards.markup import INLINE_TAGS, Tag, is_image_key, is_web_address, people_of, read_tag, reader
from simulator.cards.words import COLORS
from simulator.page.said import said

EMOJI = {
    "OK": "👌", "THUMBSUP": "👍", "DONE": "✅", "SMILE": "😄", "HEART": "❤️", "OnIt": "🫡", "Typing": "⌨️",
    "THANKS": "🙏", "CLAP": "👏", "APPLAUSE": "👏", "ThumbsDown": "👎", "CheckMark": "✔️", "CrossMark": "❌",
    "Fire": "🔥", "LGTM": "LGTM", "Get": "Get", "THINKING": "🤔", "SOB": "😭", "FACEPALM": "🤦",
    "PARTY": "🎉", "LOVE": "😍", "WAVE": "👋", "OneSecond": "⏳", "Hundred": "💯", "MUSCLE": "💪",
    "Alarm": "⏰", "GLANCE": "👀", "ERROR": "😵",
}  # fmt: skip
"""The look of the reactions and emoji most used; others are shown by their key."""


def emoji(key: str) -> str:
    """A reaction's look."""
    return EMOJI.get(key, f"[{key}]")


def wrong(what: str, language: str, text: str = "") -> str:
    """The mark for something Feishu does not show."""
    why = escapeHtml(said("not_shown", language, what=what))
    return f'<span class="fs-wrong" title="{why}">⚠{escapeHtml(text and f" {text}")}</span>'


def color_class(color: str) -> str:
    """The class of a named colour such as "red" or "grey-100"; empty for a name Feishu does not have."""
    base = color.split("-")[0]
    return f"fs-c-{base}" if base in COLORS else ""


class MarkupHTML(RendererHTML):
    """markdown-it's renderer with Feishu's looks, for a reader of 'zh' or 'en'.

    `name_of` gives the name behind an open_id.
    """

    def __init__(self, name_of: Callable[[str], str], language: str) -> None:
        super().__init__()
        self.name_of = name_of
        self.language = language
        self.open_spans: list[str] = []

    def renderInline(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        """One line of text; tags still open at its end are closed, so that nothing leaks out of it."""
        self.open_spans = []
        shown = super().renderInline(tokens, options, env)
        return shown + "".join(reversed(self.open_spans))

    def softbreak(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "<br>"

    def text(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        pieces = tokens[index].content.split(":")
        if len(pieces) < 3:
            return escapeHtml(tokens[index].content)
        shown, skip = escapeHtml(pieces[0]), False
        for piece, following in zip(pieces[1:], [*pieces[2:], None], strict=True):
            if skip:
                shown, skip = shown + escapeHtml(piece), False
            elif following is not None and piece in EMOJI:
                shown, skip = shown + f'<span class="fs-emoji">{emoji(piece)}</span>', True
            else:
                shown += ":" + escapeHtml(piece)
        return shown

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        written_in = escapeHtml(token.info.strip().split(" ")[0]) or "Plain Text"
        label, mark = said("copy", self.language), ""
        if token.level:
            why, short = (said(name, self.language) for name in ("fence_inside", "fence_inside_short"))
            mark = wrong(why, self.language, short)
        copy = f'<button type="button" class="fs-copy" title="{label}">{label}</button>'
        return (
            f'{mark}<div class="fs-code"><div class="fs-code-head"><span>{written_in}</span>{copy}</div>'
            f'<pre tabindex="0"><code>{escapeHtml(token.content)}</code></pre></div>'
        )

    def code_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return self.fence(tokens, index, options, env)

    def code_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f'<code class="fs-inline">{escapeHtml(tokens[index].content)}</code>'

    def table_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="fs-table-wrap"><table class="fs-table" data-page-size="5">'

    def table_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        key = str(tokens[index].attrs.get("src", ""))
        if not is_image_key(key):
            why = said("image_key", self.language, what=key)
            return wrong(why, self.language, said("image_wrong", self.language))
        return (
            f'<span class="fs-image" title="{escapeHtml(tokens[index].content)}">🖼 {escapeHtml(key)}</span>'
        )

    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return anchor(str(tokens[index].attrs.get("href", "")), self.language)

    def html_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        tag = read_tag(tokens[index].content)
        if tag is None or tag.name not in INLINE_TAGS:
            return wrong(said("no_html", self.language, what=tokens[index].content), self.language)
        if tag.closing:
            return self.open_spans.pop() if self.open_spans else ""
        shown, closing = self._opened(tag)
        if not tag.complete:
            self.open_spans.append(closing)
            return shown
        return shown + closing

    def _opened(self, tag: Tag) -> tuple[str, str]:
        """The HTML of a Feishu tag, and of its end."""
        if tag.name in ("br", "hr"):
            return f"<{tag.name}>", ""
        if tag.name in ("at", "person"):
            everyone = said("everyone", self.language)
            names = "、".join(everyone if one == "all" else self.name_of(one) for one in people_of(tag))
            at = "@" if tag.name == "at" else "👤 "
            return f'<span class="fs-at">{at}{escapeHtml(names)}<span hidden>', "</span></span>"
        if tag.name in ("a", "link"):
            address = tag.attributes.get("href") or tag.attributes.get("url") or ""
            return anchor(address, self.language), "</a>"
        if tag.name in ("font", "text_tag", "number_tag"):
            color = color_class(tag.attributes.get("color", "") or tag.attributes.get("background_color", ""))
            return f'<span class="fs-{tag.name} {color}">', "</span>"
        return "<span>", "</span>"


def anchor(address: str, language: str) -> str:
    """The start of a link; one that is not http(s) looks broken, as it is."""
    if not is_web_address(address):
        return f'<a class="fs-wrong" title="{escapeHtml(said("link_wrong", language, what=address))}">'
    return f'<a class="fs-link" href="{escapeHtml(address)}" target="_blank" rel="noopener noreferrer">'


def markdown_html(markdown: str, name_of: Callable[[str], str], language: str = "zh") -> str:
    """A Markdown text of a card as HTML, for a reader of 'zh' or 'en'."""
    parser = reader()
    renderer = MarkupHTML(name_of, language)
    return renderer.render(parser.parse(markdown), parser.options, {})
