"""reStructuredText read by docutils, with every directive and role it does not know taken for what it holds.

Documentation is written for Sphinx and its extensions. What a directive is called matters less than what it
holds: prose, tabs in tabs, code. Nothing is included from other files and nothing is run.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles

_DIRECTIVE = re.compile(r"\.\.[ \t]+(?:\|[^|\n]{1,200}\|[ \t]+)?([A-Za-z][\w:+.-]{0,60})::")
_ROLE = re.compile(r":([A-Za-z][\w:+.-]{0,60}):`|`:([A-Za-z][\w:+.-]{0,60}):")
_MOST_NAMES = 2_000
_words = str.split

DROPPED = frozenset(
    _words(
        """toctree image role default-role currentmodule module highlight meta index sectionauthor
    codeauthor tabularcolumns contents include graphviz digraph graph mermaid uml plantuml plot youtube video
    program rst-class cssclass title target-notes section-numbering sectnum header footer bibliography
    inheritance-diagram autosummary literalinclude"""
    )
)
"""Directives that show no words of the page, or those of other files."""
CODE = frozenset(
    _words(
        """code code-block sourcecode prompt parsed-literal ipython
        jupyter-execute jupyter-input jupyter-output
    testcode testoutput testsetup testcleanup doctest code-cell termynal console terminal code-tab
    highlight-block"""
    )
)
CHANGES = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
NAMED = {
    "note": "Note",
    "warning": "Warning",
    "tip": "Tip",
    "important": "Important",
    "attention": "Attention",
    "caution": "Caution",
    "danger": "Danger",
    "error": "Error",
    "hint": "Hint",
    "seealso": "See also",
    "todo": "Todo",
}
CODE_ROLES = frozenset(
    _words(
        """func class meth mod attr data exc obj const type macro member var option envvar file command kbd
    samp program code literal makevar regexp keyword token cmd bash python confval setting"""
    )
)


class _AnyOption(dict[str, Callable[[Any], Any]]):
    """Takes every option as it is written."""

    def __missing__(self, name: str) -> Callable[[Any], Any]:
        return lambda value: value


class _Held(Directive):
    """A directive of any name: its argument, where that is shown, and what it holds."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _AnyOption(given=str)

    def run(self) -> list[nodes.Node]:
        argument = self.arguments[0] if self.arguments else ""
        name = self.name.lower().rpartition(":")[2] if self.name.count(":") else self.name.lower()
        if name in DROPPED or name.startswith(("auto", "doxygen", "click", "argparse")):
            return []
        if name == "raw":
            shown = argument.strip().lower() == "html" and not self.options.get("file")
            return [nodes.raw("", "\n".join(self.content), format="html")] if shown else []
        if name in CODE:
            return self._code(name, argument)
        holder = nodes.container()
        if name in CHANGES:
            return self._change(name, argument, holder)
        if name in ("card", "grid-item-card"):
            for place, line in enumerate(self.content):  # what parts its head and its foot from the middle
                self.content[place] = "" if line.strip() in ("^^^", "+++") else line
        holder += self._title(name, argument)
        self.state.nested_parse(self.content, self.content_offset, holder, match_titles=True)
        return [holder]

    def _code(self, name: str, argument: str) -> list[nodes.Node]:
        language, _, title = argument.partition(" ") if name == "code-tab" else (argument, "", "")
        block = nodes.literal_block("\n".join(self.content), "\n".join(self.content))
        block["language"] = language.strip() if re.fullmatch(r"[\w+#.-]{1,30}", language.strip()) else ""
        shown = title.strip() or str(self.options.get("caption") or "").strip()
        before: list[nodes.Node] = [self._line(shown)] if shown else []
        return [*before, block] if self.content else before

    def _change(self, name: str, argument: str, holder: nodes.Element) -> list[nodes.Node]:
        version, *said = argument.split(maxsplit=1) or [""]
        holder += self._line(f"{CHANGES[name]} {version}: {' '.join(said)}".rstrip(" :"))
        self.state.nested_parse(self.content, self.content_offset, holder)
        return [holder]

    def _title(self, name: str, argument: str) -> list[nodes.Node]:
        if ":" in self.name or name in ("option", "confval", "cmdoption", "envvar"):  # a signature
            words = [line.strip() for line in argument.split("\n") if line.strip()]
            return [nodes.paragraph("", "", nodes.literal(line, line)) for line in words]
        if name in NAMED:
            return [self._line(NAMED[name]), *([self._line(argument)] if argument else [])]
        shown = argument or str(self.options.get("title") or self.options.get("caption") or "")
        return [self._line(" ".join(shown.split()))] if shown.strip() else []

    def _line(self, text: str) -> nodes.Node:
        inner, _ = self.state.inline_text(text, self.lineno)
        return nodes.paragraph("", "", nodes.strong("", "", *inner))


def _role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """A role of any name: its title, else the end of what it points to."""
    words = text.replace("\x00", "\\" if name == "math" else "")
    title, angle, _ = words.rpartition("<") if words.endswith(">") else ("", "", "")
    kind = name.rpartition(":")[2].lower()
    if angle and title.strip():
        return [nodes.inline("", title.strip())], []
    words = words.lstrip("!")
    if words.startswith("~"):
        words = words[1:].rpartition(".")[2]
    if kind == "doc":
        words = words.rstrip("/").rpartition("/")[2]
    if kind in ("guilabel", "menuselection"):  # & stands before the letter that is pressed
        words = re.sub("&(?=[^& ])", "", words).replace("-->", "›")
    if kind in CODE_ROLES:
        return [nodes.literal(words, words)], []
    return [nodes.inline("", words.replace("{", "").replace("}", "") if kind == "samp" else words)], []


_KNOWN_DIRECTIVES = frozenset(
    _words(
        """figure csv-table list-table table math line-block compound container rubric epigraph
    highlights pull-quote sidebar topic admonition replace unicode date class"""
    )
)
_KNOWN_ROLES = frozenset(("math", "sub", "sup", "subscript", "superscript", "emphasis", "strong", "literal"))
_registered: set[str] = set()


def read_rst(text: str) -> nodes.document:
    """The document tree. Raises what docutils raises, RecursionError for what is nested too deep."""
    _register(text)
    settings = {
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "halt_level": 6,
        "report_level": 6,
        "doctitle_xform": False,
        "sectsubtitle_xform": False,
        "docinfo_xform": False,
        "syntax_highlight": "none",
        "smart_quotes": False,
        "warning_stream": io.StringIO(),
        "input_encoding": "unicode",
        "line_length_limit": 10_000_000,
        "_disable_config": True,
    }
    document: nodes.document = publish_doctree(text, settings_overrides=settings)
    return document


def _register(text: str) -> None:
    names = {found[1].lower() for found in _DIRECTIVE.finditer(text)} - _KNOWN_DIRECTIVES
    for name in names - _registered:
        if len(_registered) < _MOST_NAMES:
            directives.register_directive(name, _Held)
            _registered.add(name)
    used = {(found[1] or found[2]).lower() for found in _ROLE.finditer(text)} - _KNOWN_ROLES
    for name in {f"role {one}" for one in used} - _registered:
        if len(_registered) < _MOST_NAMES:
            roles.register_canonical_role(name.removeprefix("role "), _role)  # type: ignore[arg-type]
            _registered.add(name)
