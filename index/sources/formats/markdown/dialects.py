"""The marks that documentation generators add to Markdown: taken out, with the words they carry left in.

Front matter apart (front_matter.py): imports of MDX, containers and admonitions, tabs, shortcodes, alerts,
attribute lists, references, footnotes. Line by line; what stands in code was put aside before.
"""

from __future__ import annotations

import re

from bot.config.fences import RUN, fenced, opening
from index.sources.formats.markdown.html_inside import shown_values

_DATA = re.compile(
    r"data:[A-Za-z0-9.+/-]{0,80}(?:;[A-Za-z0-9=_.+-]{1,60}){0,4};base64,"
    r"(?>(?:[A-Za-z0-9+/=%_-]{60,}+\n?)*)[A-Za-z0-9+/=%_-]*+"
)
_DATA_IMAGE = re.compile(r"!\[([^\[\]]*+)\]\(\s*+<?data:…>?[^()\n]*+\)")
_ESM = re.compile(r"(?:import\s++(?:[\w*{$]|['\"])|export\s++(?:const|let|var|function|default|\{|\*|async))")
_EXPRESSION_COMMENT = re.compile(r"\{/\*(?:(?!\{/\*)[\s\S])*?\*/\}")
_WORDS_IN_BRACES = re.compile(r"\{(['\"])([^'\"{}\n]{0,200}|[{}])\1\}")
_SHORTCODE = re.compile(r"\{\{[<%](?:(?!\{\{)[^\n])*?[>%]\}\}|\{%-?(?:(?!\{%)[^\n])*?-?%\}")
_HIGHLIGHT = re.compile(
    r"^[ \t]*+\{%-?\s*+(?:highlight|codeblock|code)\s*+(?:lang:)?([\w+#-]{0,30}+)((?>(?:(?!%\})[^\n])*))%\}"
    r"((?>(?:(?!\{%-?\s*+(?:end)?(?:highlight|codeblock|code)\b)[\s\S])*))\{%-?\s*+end(?:highlight|codeblock|code)\s*+-?%\}",
    re.MULTILINE,
)
_HUGO = re.compile(
    r"^[ \t]*+\{\{[<%]\s*+highlight\s*+([\w+#-]{0,30}+)((?>(?:(?![>%]\}\})[^\n])*))[>%]\}\}"
    r"((?>(?:(?!\{\{[<%]\s*+/?highlight\b)[\s\S])*))\{\{[<%]\s*+/highlight\s*+[>%]\}\}",
    re.MULTILINE,
)
_PARTS = re.compile(
    r"(?:/|end)?_?(?:tabs?|tab-?panes?|tab-?items?|content-tabs?|steps?|cards?|accordions?|details|expand|collapse|"
    r"notice|alert|note|callout|hint|admonition|columns?)\Z",
    re.IGNORECASE,
)
"""Shortcodes that begin or end a part of a page, also where they share a line."""
_INCLUDED = re.compile(
    r"^[ \t]*+(?:\[!INCLUDE[ \t]*+\[[^\[\]\n]*+\]\([^()\n]*+\)\]|\{![^{}\n]*+!\})[ \t]*+$", re.I
)
"""Another file's text, by Azure's and MkDocs' marks."""
_PROGRAMS = frozenset(
    (
        *("r", "python", "julia", "bash", "sh", "shell", "sql", "js", "javascript", "ojs", "dot", "node"),
        *("go", "rust", "c", "cpp", "java", "powershell"),
    )
)
"""Languages of Quarto and R Markdown, whose cells look like directives: ```{python}."""
_TAB_COMMENT = re.compile(r"<!--[ \t]*+tab[ \t]++([^@<>\n-][^@<>\n]{0,80}?)[ \t]*+(?:@[\w-]*+[ \t]*+)?-->")
"""The name of a tab of Hexo's."""
_LIT = re.compile(r"(?<=[\w`~ ])[ ]?\{[\d,\s-]{1,80}+\}|:(?:no-)?line-numbers(?:=\d{1,6})?")
_CODE_NOTE = re.compile(
    r"(?<![ \t])[ \t]*+(?://|#|--|/\*|<!--)[ \t]*+\[!code [^\[\]\n]{1,60}\](?:[ \t]*+(?:\*/|-->))?"
)
_NAMED_BY_POSITION = frozenset(
    ("tab", "details", "expand", "accordion", "step", "tabpane", "note", "collapse")
)
_CONTAINER = re.compile(r"^[ \t]*+(?::{3,}+|@{3,}+)[ \t]*+(.*)$")
_PANDOC = re.compile(r"\{[ ]?[.#][^{}]*+\}[ ]?:*+")
"""What a container is by Pandoc and Quarto: ::: {.callout-note title="Ebb"}."""
_ADMONITION = re.compile(r"^([ \t]*+)(?:!!!|\?\?\?\+?|===[!+]?)[ \t]++(.*)$")
_TAB_LINE = re.compile(r"^[ \t]*+@tab(?::active)?(?:#[\w-]{1,40})?[ \t]++(\S.*)$")
"""The name of a tab of VuePress's."""
_ALERT = re.compile(r"^((?>(?:[ \t]*+>)+)[ \t]*+)\[!([A-Za-z]{1,20})\][-+]?[ \t]*+(.*)$")
_QUOTED = re.compile(r"[\"“]([^\"“”]*+)[\"”]")
_ATTRIBUTE_LIST = re.compile(r"\{:[^{}\n]*+\}|(?<=[)\]`*])\{[.#][^{}\n]*+\}")
_ICON = re.compile(
    r"(`[^`\n]*+`)|:(?:material|octicons|fontawesome|simple|lucide)-([a-z0-9-]{1,60}):(?:\{[^{}\n]*+\})?"
)
_SIGNS = {"check": "✓", "close": "✗", "cancel": "✗", "times": "✗", "x": "✗"}
"""Icons that say something, by a word of their names; others are pictures."""
_LINE_OF_ATTRIBUTES = re.compile(r"^[ \t]*+\{[:.][^{}\n]*+\}[ \t]*+$")
_CONTENTS = re.compile(r"^[ \t]*+\[{1,2}_?toc_?\]{1,2}[ \t]*+$", re.IGNORECASE)
_REFERENCE = re.compile(r"^[ ]{0,3}\[([^\[\]^][^\[\]\n]*+)\]:[ \t]*+<?([^\s<>]++)>?(?:[ \t]++[\"'(].*)?$")
_FOOTNOTE = re.compile(r"^[ ]{0,3}\[\^([^\[\]\n]{1,60})\]:[ \t]*+(.*)$")
_DEFINITION = re.compile(r"^ {0,3}:[ \t]++(?=\S)")
_TERM = re.compile(r"^ {0,3}(?![-*+>|#:<!=]|\d++[.)])[^\s|*][^\n|*]{0,80}+$")
"""The line above a definition that it defines: no item, heading, table, tag or mark, and short."""
_FOOTNOTE_MARK = re.compile(r"\[\^[^\[\]\n]{1,60}\]")
_REFERRED = re.compile(r"(?<!\])\[([^\[\]\n]++)\]\[([^\[\]\n]*+)\]")
_ALONE = re.compile(r"(?<![\]!\\\w\[])\[([^\[\]\n]++)\](?![\[(:{\]])")
"""A link by reference that is its own name."""
_FENCE_DIRECTIVE = re.compile(rf"^[ \t]*+(?:{RUN}|:{{3,}}+)\{{([\w:+.-]{{1,60}})\}}[ \t]*+(.*)$")
_OPTION = re.compile(r"^:[\w-]{1,40}:(?:[ \t].*)?$")
CODE_DIRECTIVES = frozenset(("code-block", "code", "code-cell", "sourcecode", "prompt", "literalinclude"))
HIDDEN_DIRECTIVES = frozenset(
    (
        "toctree",
        "image",
        "raw",
        "mermaid",
        "include",
        "contents",
        "graphviz",
        "bibliography",
        "video",
    )
)


def without_data(text: str) -> str:
    """The text with pictures that are written into it cut to their kind."""
    return _DATA.sub("data:…", text) if ";base64," in text else text


def with_fences(text: str) -> str:
    """The text with the code blocks of Jekyll and Hugo fenced."""
    if "highlight" in text:
        text = _HUGO.sub(_fenced, text)
    if "{%" not in text:
        return text
    return _TAB_COMMENT.sub(r"\n\1\n", _HIGHLIGHT.sub(_fenced, text))


def _fenced(found: re.Match[str]) -> str:
    """Jekyll's and Hexo's block as a fence; GitBook's stands around one, and has its title."""
    code = found[3].strip("\n")
    if code.lstrip().startswith(("```", "~~~")):
        return "\n" + "\n".join([" ".join(shown_values(found[1] + found[2])), "", code]) + "\n"
    named = "=" in found[2][:1]
    return f"\n{fenced(code, '' if named else found[1])}\n"


def bare_fence(block: str) -> str:
    """A fenced block without what only draws it: which lines are lit, and VitePress's notes on lines."""
    first, newline, rest = block.partition("\n")
    if not newline or opening(first) is None:
        return block
    if "[!code" in rest:
        rest = _CODE_NOTE.sub("", rest)
    return f"{_LIT.sub('', first) if '{' in first or ':' in first else first}\n{rest}"


def directive_of(block: str) -> str | None:
    """The prose in a fenced block that is a directive of MyST; None for code as any other."""
    first, _, rest = block.partition("\n")
    found = _FENCE_DIRECTIVE.match(first)
    if not found:
        return None
    lines = rest.split("\n")
    if lines and not lines[-1].strip().strip("`~:"):
        lines.pop()
    caption = ""
    while lines and (_OPTION.match(lines[0]) or lines[0].strip() == "---"):
        option = lines.pop(0)
        caption = option.removeprefix(":caption:").strip() if option.startswith(":caption:") else caption
    name, argument = found[1].lower(), found[2].strip()
    if name in _PROGRAMS:
        cell = [line for line in lines if not line.lstrip().startswith("#|")]
        return fenced("\n".join(cell), name)
    if name in HIDDEN_DIRECTIVES:
        return ""
    if name == "eval-rst":
        from index.sources.formats.rst import rst_to_markdown

        return rst_to_markdown("\n".join(lines))
    if name in CODE_DIRECTIVES:
        language = argument if re.fullmatch(r"[\w+#.-]{1,30}", argument) else ""
        block = fenced("\n".join(lines), language)
        return f"{caption}\n\n{block}" if caption else block
    return "\n".join([argument, "", *lines])


def without_marks(text: str, *, mdx: bool) -> str:
    """The prose of a page without the marks of its generator."""
    text = _DATA_IMAGE.sub("", text)
    if "{" in text:
        text = _SHORTCODE.sub(_shortcode, _EXPRESSION_COMMENT.sub("", text))
        text = _WORDS_IN_BRACES.sub(r"\2", text) if mdx else text
    lines = _without_esm(text.split("\n")) if mdx or "import " in text else text.split("\n")
    lines = _dedented(_without_definition_marks(_without_options(lines)))
    lines = [line for line in map(_line, lines) if line is not None]
    return _with_references(lines)


def _shortcode(found: re.Match[str]) -> str:
    inner = found[0].strip("{}<>%-/ \t")
    name, _, arguments = inner.partition(" ")
    shown = shown_values(arguments)
    if not shown and name.lower() in _NAMED_BY_POSITION and (quoted := _QUOTED.search(arguments)):
        shown = [quoted[1]]
    words = " ".join(shown)
    return _parted(found, words) if _PARTS.match(name) else words


def _parted(found: re.Match[str], words: str) -> str:
    """The words of a part's mark in a line of their own, where other words share theirs."""
    start, end = found.span()
    before = found.string[max(start - 200, 0) : start].rpartition("\n")[2]
    after = found.string[end : end + 200].partition("\n")[0]
    if before.lstrip().startswith("|"):  # in a table
        return words
    return "\n\n" * bool(before.strip()) + words + "\n\n" * bool(after.strip())


def _without_esm(lines: list[str]) -> list[str]:
    """Without imports and exports, which go on to the next blank line."""
    kept, inside, blank = [], False, True
    for line in lines:
        if not inside and blank and _ESM.match(line):
            inside = not _is_prose(line)
        blank = not line.strip()
        inside = inside and not blank
        if not inside:
            kept.append(line)
    return kept


def _is_prose(line: str) -> bool:
    """A sentence that happens to begin with "import": no quotes, braces or semicolon in it."""
    return not any(sign in line for sign in "'\"{};=*(")


def _without_options(lines: list[str]) -> list[str]:
    """Without the options below the first line of a directive that stands between colons, as in `:open:`."""
    kept, at_head = [], False
    for line in lines:
        if at_head and _OPTION.match(line.strip()):
            continue
        found = _CONTAINER.match(line)
        at_head = found is not None and found[1].startswith("{")
        kept.append(line)
    return kept


def _without_definition_marks(lines: list[str]) -> list[str]:
    """What is defined in bold, what defines it (`: like this`, and indented by four below) at the margin.

    Left as it is written it reads as code below a stray colon.
    """
    out: list[str] = []
    inside, above = False, ""
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if start := _DEFINITION.match(line):
            if _TERM.match(above) and not above.rstrip().endswith((".", "。")):
                out[-1:] = ["", f"**{above.strip()}**"]
            out += ["", line[start.end() :]]
            inside = True
        else:
            inside = inside and bool(above.strip() or not line.strip() or line.startswith(("  ", "\t")))
            out.append(line.removeprefix("\t")[min(indent, 4) :] if inside else line)
        above = line
    return out


def _dedented(lines: list[str]) -> list[str]:
    """The content of admonitions and tabs, which is indented by four or more, is moved to their margin.

    How far in it is, its first line tells.
    """
    out: list[str] = []
    margins: list[int] = []
    """Of each open one how far in its content stands; that of the last is the least there is, until known."""
    shifts: list[int] = []
    """How far each moves its content."""
    fresh = False
    for written in lines:
        text = written.lstrip(" \t")
        line = written
        if margins or _ADMONITION.match(written):
            line = written[: len(written) - len(text)].expandtabs(4) + text
        indent = len(line) - len(text)
        while margins and text and indent < margins[-1]:
            margins.pop()
            shifts.pop()
            fresh = False
        if fresh and text:
            shifts[-1] += indent - margins[-1]
            margins[-1], fresh = indent, False
        out.append(line[min(sum(shifts), indent) :])
        if _ADMONITION.match(line):
            margins.append(indent + 4)
            shifts.append(4)
            fresh = True
    return out


def _line(line: str) -> str | None:
    """A line without marks; None where nothing of it is shown."""
    if _INCLUDED.match(line) or _CONTENTS.match(line) or _LINE_OF_ATTRIBUTES.match(line):
        return None
    line = _ICON.sub(_sign, line) if ":" in line else line
    indent = line[: len(line) - len(line.lstrip(" \t"))]  # one in a list item stays in it, title and all
    if found := _CONTAINER.match(line):
        return f"\n{indent}{_container_title(found[1])}\n"
    if found := _ADMONITION.match(line):
        return f"\n{indent}{_admonition_title(_ATTRIBUTE_LIST.sub('', found[2]))}\n"
    if found := _TAB_LINE.match(line):
        return f"\n{indent}{found[1].strip()}\n"
    if found := _ALERT.match(line):
        return f"{found[1]}{found[3] or found[2].capitalize()}"
    if found := _FOOTNOTE.match(line):
        line = found[2]
    return _FOOTNOTE_MARK.sub("", _ATTRIBUTE_LIST.sub("", line))


def _sign(found: re.Match[str]) -> str:
    """What an icon of a site's theme says; a span of code as it is."""
    words = (found[2] or "").split("-")
    return found[1] or next((_SIGNS[word] for word in words if word in _SIGNS), "")


def _container_title(rest: str) -> str:
    if labelled := re.match(r"[\w-]{1,40}\[([^\[\]]*+)\]", rest.strip()):
        return labelled[1].strip()
    if _PANDOC.fullmatch(rest.strip()):
        return " ".join(shown_values(rest))
    name, _, title = rest.strip().partition(" ")
    if name.startswith("{"):
        return title.strip()
    title = _PANDOC.sub("", title).strip().strip("{}[]")
    if title.endswith(":::"):  # Azure's, which end in their own line
        return " ".join(shown_values(title))
    return title or (name.capitalize() if name.isalpha() else "")


def _admonition_title(rest: str) -> str:
    quoted = _QUOTED.search(rest)
    if quoted:
        return quoted[1]
    name = rest.split()[0] if rest.split() else ""
    return name.capitalize() if name.isalpha() else rest.strip()


def _with_references(lines: list[str]) -> str:
    """Links by reference become links; the lines that say where they lead go."""
    places: dict[str, str] = {}
    kept = []
    for line in lines:
        found = _REFERENCE.match(line)
        if found and not found[1].startswith("^"):
            places.setdefault(" ".join(found[1].lower().split()), found[2])
        else:
            kept.append(line)
    text = "\n".join(kept)
    if not places:
        return text

    def link(found: re.Match[str]) -> str:
        place = places.get(" ".join((found[2] or found[1]).lower().split()))
        return f"[{found[1]}]({place})" if place else found[0]

    def alone(found: re.Match[str]) -> str:
        place = places.get(" ".join(found[1].lower().split()))
        return f"[{found[1]}]({place})" if place else found[0]

    return _ALONE.sub(alone, _REFERRED.sub(link, text))
