"""reStructuredText -> Markdown, as far as search needs it: headings, code, links, plain prose.

docutils would refuse pages that use Sphinx directives it does not know; a documentation page is worth
reading even so.
"""

from __future__ import annotations

import re

_ADORNMENT = re.compile(r"\A([=\-~^\"'`#*+.:_<>!$%&,/;?@\\|])\1{2,}+\s*+\Z")
_CODE = re.compile(r"\.\. (?:code-block|code|sourcecode|prompt|literalinclude)::\s*(\S*)")
_TARGET = re.compile(r"\A\.\. _([^:]++):\s*+\Z")
_ADMONITION = re.compile(
    r"\.\. (note|warning|tip|important|attention|caution|hint|danger)::\s*(.*)", re.IGNORECASE
)
_DIRECTIVE = re.compile(r"\.\. ")
_FIELD = re.compile(r"\A\s++:[\w\-]++:")
_ROLE_TITLED = re.compile(r"(?<![A-Za-z0-9_:+\-]):[A-Za-z0-9_:+\-]++(?<=:)`([^`<]++)<[^<>`]*+>`")
_ROLE = re.compile(r"(?<![A-Za-z0-9_:+\-]):[A-Za-z0-9_:+\-]++(?<=:)`~?([^`]++)`")
_LINK = re.compile(r"`([^`<]++)<([^<>`\s]++)>`__?")
_LITERAL = re.compile(r"``([^`]+)``")


def rst_to_markdown(text: str) -> str:
    """The page with Markdown headings and code blocks; directives without prose are left out."""
    lines = text.expandtabs(4).splitlines()
    levels: list[str] = []
    out: list[str] = []
    number = 0
    while number < len(lines):
        used, written = _block(lines, number, levels)
        out.extend(written)
        number += used
    return "\n".join(out)


def _block(lines: list[str], number: int, levels: list[str]) -> tuple[int, list[str]]:
    """How many lines the construct at `number` takes, and its Markdown."""
    line = lines[number]
    heading = _heading(lines, number)
    if heading:
        used, title, adornment = heading
        if adornment not in levels:
            levels.append(adornment)
        return used, ["", f"{'#' * min(levels.index(adornment) + 1, 6)} {inline(title)}", ""]
    stripped = line.strip()
    code = _CODE.match(stripped)
    if code or (stripped.endswith("::") and not stripped.startswith("..")):
        return _code(lines, number, code.group(1) if code else "")
    admonition = _ADMONITION.match(stripped)
    if admonition:
        return 1, ["", inline(admonition.group(2))]
    if _TARGET.match(stripped):
        return 1, []
    if _DIRECTIVE.match(stripped):
        return _directive(lines, number)
    return 1, [inline(line.lstrip() if line.startswith("   ") else line)]


def _heading(lines: list[str], number: int) -> tuple[int, str, str] | None:
    """(lines used, title, adornment) of a heading, overlined or underlined."""
    line = lines[number].rstrip()
    following = [other.rstrip() for other in lines[number + 1 : number + 3]]
    over = _ADORNMENT.fullmatch(line)
    if over and len(following) == 2 and following[1] == line and following[0].strip():
        return 3, following[0].strip(), line[0] * 2
    if not line.strip() or line.startswith(" ") or over or not following:
        return None
    under = _ADORNMENT.fullmatch(following[0])
    if under and len(following[0]) >= min(len(line), 4):
        return 2, line.strip(), following[0][0]
    return None


def _indented(lines: list[str], start: int, indent: int) -> int:
    """Number of the first line from `start` on that is not indented deeper than `indent`."""
    end = start
    while end < len(lines) and (
        not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent
    ):
        end += 1
    return end


def _code(lines: list[str], number: int, language: str) -> tuple[int, list[str]]:
    indent = len(lines[number]) - len(lines[number].lstrip())
    end = _indented(lines, number + 1, indent)
    body = [line for line in lines[number + 1 : end] if not _FIELD.match(line)]
    lead = lines[number].strip()
    before = [] if lead.startswith("..") else [inline(lead.removesuffix("::").rstrip() + ":")]
    kept = [line[indent:].removeprefix("   ") for line in body]
    text = "\n".join(kept).strip("\n")
    if not text.strip():
        return max(end - number, 1), before
    return max(end - number, 1), [*before, "", f"```{language}", text, "```", ""]


def _directive(lines: list[str], number: int) -> tuple[int, list[str]]:
    """A comment, figure, toctree or the like: its words stay where they are prose, options and paths go."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    end = _indented(lines, number + 1, indent)
    name = lines[number].strip()
    if (
        name.startswith((".. toctree", ".. image", ".. raw", ".. role", ".. currentmodule", ".. auto"))
        or "::" not in name
    ):
        return max(end - number, 1), []
    body = [inline(line.strip()) for line in lines[number + 1 : end] if not _FIELD.match(line)]
    return max(end - number, 1), body


def inline(text: str) -> str:
    """Roles, links and literals in Markdown's way."""
    text = _ROLE_TITLED.sub(lambda found: found[1].rstrip(), text)
    text = _ROLE.sub(r"\1", text)
    text = _LINK.sub(lambda found: f"[{found[1].rstrip()}]({found[2]})", text)
    return _LITERAL.sub(r"`\1`", text)
