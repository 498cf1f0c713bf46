"""Source code -> what it says in words: docstrings and comments, under the declarations they stand at.

Code itself is not prose and would drown the documents; what people wrote about it answers questions. Python
is read by its own grammar (ast, tokenize), other languages by their comments: a block of them belongs to the
line of code below it. Nothing is ever run.
"""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.sources.formats.encoding import decode
from index.text.chinese import CHARACTERS

SLASHES = frozenset(
    """
    .c .cc .cpp .cxx .h .hh .hpp .hxx .cu .cuh .cs .java .kt .kts .scala .go .rs .swift .m .mm .js
    .jsx .mjs .cjs .ts .tsx .vue .php .dart .proto .thrift .groovy .gradle .sol .zig
    """.split()  # noqa: SIM905 - quoted names would hide the list
)
HASHES = frozenset(
    """
    .py .pyi .sh .bash .zsh .rb .pl .pm .r .jl .tf .cmake .ps1 .nim .ex .exs
    """.split()  # noqa: SIM905 - quoted names would hide the list
)
DASHES = frozenset(
    """
    .sql .lua .hs .elm .adb .ads .vhd
    """.split()  # noqa: SIM905 - quoted names would hide the list
)
CODE_SUFFIXES = SLASHES | HASHES | DASHES
LEAST_WORDS = 3
"""A comment of fewer words says too little by itself."""
_LICENSE = re.compile(r"copyright|licen[cs]e|SPDX-|all rights reserved", re.IGNORECASE)
_MARKS = re.compile(
    r"\b(?:noqa|type: ignore|pylint:|eslint-|pragma|fmt: (?:on|off)|clang-format|nolint|mypy:)"
)
_RULE = re.compile(r"^[\s\-=*#/_~+.]*$")
_STRING = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`'
_WORD = re.compile(rf"[A-Za-z]{{2,}}|[{CHARACTERS}]{{2}}")
_MOST_INDENT = 400
"""Characters before a comment that are looked at: a minified file is one line."""
_SIGNATURE = 200
"""Characters of a declaration that are shown."""


@dataclass(frozen=True)
class CodeText:
    """What a file of code says."""

    text: str
    """Markdown; empty where it says nothing."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Comment:
    line: int
    """Its first line, from 1."""
    end: int
    text: str
    alone: bool = True
    """Whether no code stands before it on its line."""


def read_code(suffix: str, raw: bytes) -> CodeText:
    """The words of one file. Raises LoadError for bytes that are no text."""
    source, notes = decode(raw)
    if suffix in (".py", ".pyi"):
        try:
            return CodeText(_python(source), notes)
        except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
            pass  # Another version's grammar, or half a file: its comments are read like any other's.
    return CodeText(_by_comments(suffix, source), notes)


def _python(source: str) -> str:
    tree = ast.parse(source)
    declared = list(_declared(tree, 2))
    comments = [*_worthwhile(_joined(_python_comments(source))), *_strings(tree)]
    said_in = _by_owner([node for _, node in declared], sorted(comments, key=lambda one: one.line))
    parts = [ast.get_docstring(tree) or "", *said_in[None]]
    for depth, node in declared:
        said = [ast.get_docstring(node) or "", *said_in[node]]
        if any(said):
            parts += [f"{'#' * depth} `{_signature(node)}`", *said]
    return "\n\n".join(part for part in parts if part.strip())


_Declaration = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _declared(node: ast.AST, depth: int) -> Iterator[tuple[int, _Declaration]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Declaration):
            yield min(depth, 6), child
            yield from _declared(child, depth + 1)
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _declared(child, depth)


def _signature(node: _Declaration) -> str:
    """The declaration's own line, without its body."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        return f"class {node.name}({bases})"[:_SIGNATURE] if bases else f"class {node.name}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{start} {node.name}({ast.unparse(node.args)}){returns}"[:_SIGNATURE]


def _strings(tree: ast.Module) -> Iterator[_Comment]:
    """Strings that are statements and no docstring: under a name they describe it, others are comments."""
    for node in ast.walk(tree):
        own = isinstance(node, ast.Module | _Declaration)
        for part in ("body", "orelse", "finalbody"):
            statements = getattr(node, part, None)
            if isinstance(statements, list):
                before = statements if own and part == "body" else [None, *statements]
                yield from _below(before)


def _below(statements: Sequence[ast.AST | None]) -> Iterator[_Comment]:
    for first, second in pairwise(statements):
        if not (isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant)):
            continue
        if not isinstance(second.value.value, str):
            continue
        words = textwrap.dedent(second.value.value).strip()
        said = _Comment(second.lineno, second.end_lineno or second.lineno, words)
        if isinstance(first, ast.Assign | ast.AnnAssign):
            name = _name_of(first.targets[0] if isinstance(first, ast.Assign) else first.target)
            yield replace(said, text=f"- `{name}`: " + words.replace("\n", "\n  "))
        else:
            yield from _worthwhile(iter((said,)))


def _name_of(target: ast.expr) -> str:
    """What is assigned to, as it is written; an attribute of self by its own name."""
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    return ast.unparse(target).strip("()")[:_SIGNATURE]


def _by_owner(
    declared: list[_Declaration], comments: list[_Comment]
) -> defaultdict[_Declaration | None, list[str]]:
    """The comments by the innermost declaration that they stand in; None for the module."""
    found: defaultdict[_Declaration | None, list[str]] = defaultdict(list)
    waiting = sorted(declared, key=lambda node: node.lineno, reverse=True)
    around: list[_Declaration] = []
    for comment in comments:
        while waiting and waiting[-1].lineno <= comment.line:
            around.append(waiting.pop())
        while around and (around[-1].end_lineno or 0) < comment.line:
            around.pop()
        # One that ended lies above one that did not only where the sweep has not come to it yet.
        inside = next((node for node in reversed(around) if (node.end_lineno or 0) >= comment.line), None)
        found[inside].append(comment.text)
    return found


def _python_comments(source: str) -> Iterator[_Comment]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            alone = token.line.lstrip().startswith("#")
            yield _Comment(line, line, token.string.lstrip("#!: "), alone)


def _by_comments(suffix: str, source: str) -> str:
    """Blocks of comments, each under the line of code below it."""
    lines = source.split("\n")
    parts: list[str] = []
    for comment in _worthwhile(_joined(_comments(suffix, source))):
        below = next((line.strip() for line in lines[comment.end : comment.end + 4] if line.strip()), "")
        if below and not _starts_comment(suffix, below):
            parts.append(f"## `{below.rstrip('{ ').replace('`', '')[:_SIGNATURE]}`")
        parts.append(comment.text)
    return "\n\n".join(parts)


def _starts_comment(suffix: str, line: str) -> bool:
    marks = ("//", "/*", "*") if suffix in SLASHES else ("#",) if suffix in HASHES else ("--", "{-", "/*")
    return line.startswith(marks)


def _comments(suffix: str, source: str) -> Iterator[_Comment]:
    """Comments in order; those inside strings are none."""
    if suffix in SLASHES:
        pattern = rf"{_STRING}|(?P<line>//[^\n]*)|(?P<block>/\*.*?(?:\*/|\Z))"
    elif suffix in HASHES:
        pattern = rf"{_STRING}|(?P<line>(?<![\w$&{{])\#[^\n]*)|(?P<block>(?!x)x)"
    else:
        pattern = r"'(?:[^'\n])*'|(?P<line>--[^\n]*)|(?P<block>\{-.*?(?:-\}|\Z)|/\*.*?(?:\*/|\Z))"
    line, at, start = 1, 0, 0
    for found in re.finditer(pattern, source, re.DOTALL):
        if passed := source.count("\n", at, found.start()):
            line, start = line + passed, source.rfind("\n", at, found.start()) + 1
        at = found.start()
        whole = found.group()
        if found.lastgroup:
            indent = source[max(start, found.start() - _MOST_INDENT) : found.start()]
            alone = not indent.strip() and found.start() - start <= _MOST_INDENT
            yield _Comment(line, line + whole.count("\n"), _bare(whole), alone)


def _bare(comment: str) -> str:
    """A comment without its marks."""
    if comment.startswith(("/*", "{-")):
        inner = re.sub(r"^(?:/\*++!?|\{-++\|?)|(?<!\*)\*++/$|(?<!-)-++\}$", "", comment)
        lines = [re.sub(r"^\s*\*(?!\*) ?", "", line) for line in inner.split("\n")]
    else:
        lines = [re.sub(r"^(?://+!?|#+!?|--+\|?) ?", "", comment)]
    return "\n".join(line.rstrip() for line in lines if not _RULE.match(line) or not line.strip()).strip()


def _joined(comments: Iterator[_Comment]) -> Iterator[_Comment]:
    """Comments on lines that follow each other are one; one behind code stands by itself."""
    block: _Comment | None = None
    for comment in comments:
        if block is not None and comment.line == block.end + 1 and block.alone and comment.alone:
            block = _Comment(block.line, comment.end, f"{block.text}\n{comment.text}")
            continue
        if block is not None:
            yield block
        block = comment
    if block is not None:
        yield block


def _worthwhile(comments: Iterator[_Comment]) -> Iterator[_Comment]:
    """Those that say something: no licence at the top, no mark for a tool, no single word."""
    for comment in comments:
        if comment.line < 40 and _LICENSE.search(comment.text):
            continue
        if not _MARKS.search(comment.text) and len(_WORD.findall(comment.text)) >= LEAST_WORDS:
            yield comment
