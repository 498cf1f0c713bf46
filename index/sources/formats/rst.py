"""reStructuredText -> Markdown: what docutils reads, written down; marks go, every visible word stays."""

from __future__ import annotations

import re
from collections.abc import Iterable

from docutils import nodes

from bot.config.fences import fenced
from index.sources.formats.rst_reading import read_rst
from index.text.chinese import CHARACTERS

_TAG_LIKE = re.compile(r"<(?=[a-zA-Z/!?])")
_LINE_BREAK = re.compile(r"(?:(?<![ \t])[ \t]++)?\n[ \t]*+")
_WIDE_BREAK = re.compile(rf"(?<=[{CHARACTERS}，。；：、！？]) (?=[{CHARACTERS}])")
_BLOCK_MARK = re.compile(r"^(#{1,6}|[-+*]|\d{1,9}[.)])(?=\s|$)|^(?:```|~~~|>|=+$|-+$)")
_ADDRESS = re.compile(r"https?://\S+")


def rst_to_markdown(text: str) -> str:
    """The page with Markdown headings, lists, tables and code blocks."""
    document = read_rst(text.expandtabs(4))
    children = list(document.children)
    while children and isinstance(children[0], (nodes.field_list, nodes.comment)):
        children.pop(0)  # facts about the page, as :orphan:
    return "\n\n".join(_blocks(children, 0)).strip() + "\n"


def _blocks(children: Iterable[nodes.Node], depth: int) -> list[str]:
    """Each child that is a block as Markdown, without the blank lines around it."""
    written = (_block(child, depth) for child in children)
    return [text for text in written if text.strip()]


def _block(node: nodes.Node, depth: int) -> str:
    if isinstance(node, nodes.section):
        title, *rest = node.children
        heading = f"{'#' * min(depth + 1, 6)} {_one_line(title)}"
        return "\n\n".join([heading, *_blocks(rest, depth + 1)])
    for kind, write in _WRITERS:
        if isinstance(node, kind):
            return write(node, depth)
    if isinstance(node, nodes.Text | nodes.Inline):
        return _safe(_inline(node))
    return "\n\n".join(_blocks(getattr(node, "children", ()), depth))


def _nothing(node: nodes.Node, depth: int) -> str:
    return ""


def _paragraph(node: nodes.Element, depth: int) -> str:
    return _safe(_one_line(node))


def _title(node: nodes.Element, depth: int) -> str:
    return f"**{_one_line(node)}**"


def _literal(node: nodes.Element, depth: int) -> str:
    text = node.astext().strip("\n")
    return fenced(text, _language(node)) if text.strip() else ""


def _raw(node: nodes.Element, depth: int) -> str:
    from index.sources.formats.html import html_to_markdown

    return html_to_markdown(node.astext().encode("utf-8", "replace"))[1]


def _language(node: nodes.Element) -> str:
    if node.get("language"):
        return str(node["language"])
    given: list[str] = node.get("classes", [])
    classes = [name for name in given if name != "code"]
    return classes[0] if classes and re.fullmatch(r"[\w+#.-]{1,30}", classes[0]) else ""


def _math(node: nodes.Element, depth: int) -> str:
    return f"$$\n{node.astext().strip()}\n$$"


def _bullets(node: nodes.Element, depth: int) -> str:
    return _items(("- " for _ in node.children), node, depth)


def _numbers(node: nodes.Element, depth: int) -> str:
    start = int(node.get("start", 1))
    return _items((f"{number}. " for number in range(start, start + len(node.children))), node, depth)


def _items(marks: Iterable[str], node: nodes.Element, depth: int) -> str:
    lines = []
    for mark, item in zip(marks, node.children, strict=True):
        blocks = _blocks(item.children, depth)
        loose = any("\n" in block and not block.startswith(("- ", "1. ")) for block in blocks)
        inner = ("\n\n" if loose else "\n").join(blocks)
        lines.append(mark + _indented(inner, " " * len(mark)).lstrip())
    return "\n".join(lines)


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line if line.strip() else line for line in text.split("\n"))


def _definitions(node: nodes.Element, depth: int) -> str:
    parts = []
    for item in node.children:
        term = " : ".join(_one_line(child) for child in item.children if not _is_body(child))
        held = [child for child in item.children if _is_body(child)]
        body = "\n\n".join(block for child in held for block in _blocks(child.children, depth))
        parts.append(f"**{term}**\n\n{body}" if body else f"**{term}**")
    return "\n\n".join(parts)


def _is_body(node: nodes.Node) -> bool:
    return isinstance(node, (nodes.definition, nodes.field_body, nodes.description))


def _options(node: nodes.Element, depth: int) -> str:
    parts = []
    for item in node.children:
        names, described = item.children[0], item.children[1:]
        body = "\n\n".join(block for child in described for block in _blocks(child.children, depth))
        shown = ", ".join(f"`{option.astext()}`" for option in names.children)
        parts.append(f"- {shown}: {_indented(body, '  ').lstrip()}")
    return "\n".join(parts)


def _lines(node: nodes.Element, depth: int) -> str:
    lines = [
        _lines(child, depth) if isinstance(child, nodes.line_block) else _one_line(child) for child in node
    ]
    return "\n\n".join(_safe(line) for line in lines if line.strip())


def _quote(node: nodes.Element, depth: int) -> str:
    return "\n\n".join(_blocks(node.children, depth))


def _table(node: nodes.Element, depth: int) -> str:
    title = [f"**{_one_line(child)}**" for child in node.children if isinstance(child, nodes.title)]
    rows = [_row(row) for row in node.findall(nodes.row)]
    width = max((len(row) for row in rows), default=0)
    if not width:
        return "\n\n".join(title)
    filled = [row + [""] * (width - len(row)) for row in rows]
    if not any(True for _ in node.findall(nodes.thead)):
        filled.insert(0, [""] * width)
    lines = [f"| {' | '.join(row)} |" for row in filled]
    return "\n\n".join([*title, "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])])


def _row(row: nodes.Element) -> list[str]:
    cells: list[str] = []
    for entry in row.children:
        if not isinstance(entry, nodes.Element):
            continue
        text = " ".join(" ".join(_blocks(entry.children, 0)).split()).replace("|", "\\|")
        cells += [text, *[""] * min(int(entry.get("morecols", 0)), 20)]
    return cells


def _footnote(node: nodes.Element, depth: int) -> str:
    label = next((child.astext() for child in node.children if isinstance(child, nodes.label)), "")
    body = [child for child in node.children if not isinstance(child, nodes.label)]
    return f"[{label}] " + "\n\n".join(_blocks(body, depth))


def _admonition(node: nodes.Element, depth: int) -> str:
    named = isinstance(node, nodes.admonition)
    title = [] if named else [f"**{node.tagname.capitalize()}**"]
    return "\n\n".join([*title, *_blocks(node.children, depth)])


_WRITERS = (
    ((nodes.comment, nodes.target, nodes.substitution_definition, nodes.system_message), _nothing),
    ((nodes.image, nodes.pending, nodes.transition, nodes.colspec, nodes.meta), _nothing),
    ((nodes.literal_block, nodes.doctest_block), _literal),
    (nodes.math_block, _math),
    (nodes.raw, _raw),
    (nodes.bullet_list, _bullets),
    (nodes.enumerated_list, _numbers),
    ((nodes.definition_list, nodes.field_list), _definitions),
    (nodes.option_list, _options),
    (nodes.line_block, _lines),
    (nodes.block_quote, _quote),
    (nodes.table, _table),
    ((nodes.footnote, nodes.citation), _footnote),
    (nodes.Admonition, _admonition),
    ((nodes.title, nodes.rubric, nodes.subtitle), _title),
    ((nodes.paragraph, nodes.caption, nodes.attribution, nodes.line), _paragraph),
)


def _one_line(node: nodes.Node) -> str:
    text = _LINE_BREAK.sub(" ", _inline(node)).strip()
    return _WIDE_BREAK.sub("", text)


def _safe(line: str) -> str:
    """A line of prose that is not taken for the mark of a block."""
    return _BLOCK_MARK.sub(lambda found: "\\" + found[0], line)


def _inline(node: nodes.Node) -> str:
    if isinstance(node, nodes.Text):
        return _TAG_LIKE.sub(r"\\<", str(node))
    if isinstance(node, (nodes.literal, nodes.title_reference)):
        text = node.astext()
        ticks = "``" if "`" in text else "`"
        return f"{ticks}{text}{ticks}" if text.strip() else text
    if isinstance(node, nodes.math):
        return f"${node.astext()}$"
    if isinstance(node, (nodes.system_message, nodes.image, nodes.target, nodes.raw, nodes.comment)):
        return node.astext() if isinstance(node, nodes.target) else ""
    if isinstance(node, nodes.problematic):
        return node.astext().strip("`|*_")
    if isinstance(node, (nodes.footnote_reference, nodes.citation_reference)):
        return f"[{node.astext()}]"
    inner = "".join(_inline(child) for child in node.children)
    if isinstance(node, nodes.reference):
        return _linked(inner, str(node.get("refuri", "")))
    return inner


def _linked(words: str, address: str) -> str:
    if not _ADDRESS.fullmatch(address) or words == address or "](" in words:
        return words
    return f"[{words}]({address.replace('(', '%28').replace(')', '%29')})"
