"""The smallest pieces of Feishu's Markdown: escaped text, links, code, mentions.

Source: Feishu's rich text component, JSON 2.0. It is CommonMark with a handful of HTML-like tags (`<at>`,
`<font>`, `<person>` ...), so a literal `<` in an answer is read as markup and everything after it may vanish;
Feishu asks for entities instead. Nothing in here ever writes a mention from text: `mention` alone does, from
an open_id.
"""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from bot.config.fences import fenced, longest_run

_LITERAL = re.compile(r"[<>*_~\[\]`$\\|]|&(?=#?\w+;)|:(?=[A-Za-z_]\w*:)|!(?=\[|\Z)")
"""Characters that mean something wherever they stand; `&` before an entity, `:name:` is an emoji."""

_UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters but tab, newline and its like; overrides of the writing direction; lone surrogates."""

_SPAN = r"``(?>(?:[^`\n]|`(?!`))*)``|`[^`\n]++`"
"""Inline code as `inline_code` writes it; outside it no backtick is left unescaped."""
_LINE_START = re.compile(rf"(?m){_SPAN}|(?P<mark>(?:^|(?<=<br>))(?:[#+=:-]|\d{{1,9}}[.)]))")
"""What opens a heading, a list item, a rule or an underline when a line starts with it; code is passed by."""

_BREAK = re.compile(rf"{_SPAN}|(?P<mark>(?:(?<!\s)\s++)?<br>\s*+)")
_OUTER_BREAKS = re.compile(r"\A(?:<br>)+|(?:<br>)+\Z")
_TAG_IN_CODE = re.compile(r"<(?=/?(?:at|person|audio|local_datetime|raw)\b)", re.IGNORECASE)
_TAG = re.compile(r"</?(?:at|person|user)\b[^<>]*>", re.IGNORECASE)
_BEFORE_TAG = re.compile(r"(?<![<\s/])[<\s/]++(?=(?:at|person|user)\b)", re.IGNORECASE)
"""A whole run of what may open a tag, from its first character, so that each is read once."""
_OPEN_ID = re.compile(r"ou_[A-Za-z0-9_-]{1,64}")
_ENTITY_IN_URL = re.compile(r"&(?=#?\w+;)")
_URL_ESCAPES = {ord(sign): f"%{ord(sign):02X}" for sign in " ()<>[]\"'\\`|{}^*~"}
_MAX_URL = 1000

_LANGUAGE_NAMES = """
plain_text abap ada apache apex assembly_language bash c_sharp cpp c cmake cobol css coffeescript d dart
delphi diff django docker_file erlang fortran gherkin go graphql groovy html htmlbars http haskell json
java javascript julia kotlin latex lisp lua matlab makefile markdown nginx objective_c
opengl_shading_language php perl powershell prolog properties protobuf python r ruby rust sas scss sql
scala scheme shell solidity swift toml thrift typescript vbscript visual_basic xml yaml
"""
CODE_LANGUAGES = frozenset(_LANGUAGE_NAMES.split())
"""Languages Feishu's code blocks colour."""

_LANGUAGE_ALIASES = {
    "asm": "assembly_language", "nasm": "assembly_language", "c#": "c_sharp", "cs": "c_sharp",
    "csharp": "c_sharp", "c++": "cpp", "cc": "cpp", "cxx": "cpp", "h": "c", "hpp": "cpp", "cu": "cpp",
    "cuda": "cpp", "coffee": "coffeescript", "docker": "docker_file", "dockerfile": "docker_file",
    "golang": "go", "gql": "graphql", "glsl": "opengl_shading_language", "htm": "html", "hs": "haskell",
    "ini": "properties", "cfg": "properties", "conf": "properties", "env": "properties",
    "js": "javascript", "jsx": "javascript", "mjs": "javascript", "node": "javascript", "json5": "json",
    "jsonc": "json", "jsonl": "json", "kt": "kotlin", "tex": "latex", "math": "latex", "elisp": "lisp",
    "make": "makefile", "md": "markdown", "objc": "objective_c", "objective-c": "objective_c",
    "patch": "diff", "pl": "perl", "proto": "protobuf", "ps1": "powershell", "pwsh": "powershell",
    "py": "python", "py3": "python", "python3": "python", "pycon": "python", "ipython": "python",
    "rb": "ruby", "rs": "rust", "sh": "bash", "zsh": "bash", "console": "bash", "shell-session": "bash",
    "sol": "solidity", "mysql": "sql", "postgresql": "sql", "sqlite": "sql", "ts": "typescript",
    "tsx": "typescript", "vb": "visual_basic", "svg": "xml", "yml": "yaml", "bat": "powershell",
}  # fmt: skip

_PLAIN_NAMES = frozenset({"text", "txt", "plain", "plaintext", "none", "output", "log"})


def clean(text: str) -> str:
    """The text without what leaves no ink and does harm.

    Lone surrogates, which no JSON carries, and NUL become U+FFFD, page breaks a blank. Other control
    characters go, and so do marks that turn text around.
    """
    if not _UNWANTED.search(text):
        return text
    return _UNWANTED.sub(_replacement, text)


def without_tags(text: str) -> str:
    """The text without Feishu's tags that call or name people, whatever is nested in what.

    Whole tags go; of what is left (`<<at id=all></at>at id=all>` is a tag once its inside is taken out) the
    angle brackets go, in one pass that leaves nothing for a second.
    """
    if "<" not in text:
        return text
    return _BEFORE_TAG.sub(_blanks_alone, _TAG.sub("", text))


def _blanks_alone(match: re.Match[str]) -> str:
    run = match.group()
    return run[: len(run) - len(run.lstrip())] if "<" in run else run


def _replacement(match: re.Match[str]) -> str:
    sign = match.group()
    if sign == "\x00" or sign >= "\ud800":
        return "\ufffd"
    return " " if sign in "\x0b\x0c" else ""


def escape(text: str) -> str:
    """`text` such that Feishu shows exactly these characters. One line: newlines become spaces."""
    flat = clean(text).replace("\r", " ").replace("\n", " ")
    return _LITERAL.sub(lambda match: f"&#{ord(match.group())};", flat)


def escape_line_starts(rendered: str) -> str:
    """Rendered paragraph text whose lines cannot be taken for headings, list items or rules.

    Leading blanks go, for four of them would be a code block, and so does a `<br>` at the edge of a line, for
    a line that starts with a tag is an HTML block.
    """
    lines = "\n".join(line.strip(" \t") for line in rendered.split("\n"))
    lines = _BREAK.sub(lambda found: "<br>" if found["mark"] else found[0], lines)
    lines = _OUTER_BREAKS.sub("", lines)
    return _LINE_START.sub(_escape_last, lines)


def one_line(rendered: str) -> str:
    """Rendered text without its line breaks; those that code speaks of stay."""
    return _BREAK.sub(lambda found: " " if found["mark"] else found[0], rendered.replace("\n", " "))


def _escape_last(match: re.Match[str]) -> str:
    text = match.group()
    return f"{text[:-1]}&#{ord(text[-1])};" if match["mark"] else text


def safe_url(url: str) -> str:
    """The web address as it may stand in a link; empty when it is not plain http or https."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc or len(url) > _MAX_URL:
        return ""
    flat = "".join(sign for sign in url.strip() if sign.isprintable())
    if "____" in flat:
        flat = flat.replace("_", "%5F")
    return _ENTITY_IN_URL.sub("%26", flat.translate(_URL_ESCAPES))


def link(rendered: str, url: str) -> str:
    """A link around already rendered text; the text alone when the address is not http(s)."""
    address = safe_url(url)
    return f"[{rendered}]({address})" if address and rendered.strip() else rendered


def mention(open_id: str) -> str:
    """Mentions a person. Raises ValueError unless it is an open_id: no text ever becomes a mention."""
    if not is_open_id(open_id):
        raise ValueError(f"{open_id!r} is not an open_id")
    return f"<at id={open_id}></at>"


def is_open_id(text: str) -> bool:
    """Whether this has the shape of a person's open_id."""
    return bool(_OPEN_ID.fullmatch(text))


def code_language(info: str) -> str:
    """Feishu's name for the language after a fence; plain_text when it knows none."""
    words = info.replace(",", " ").replace("{", " ").replace("}", " ").split()
    name = words[0].lower().removeprefix(".") if words else ""
    name = _LANGUAGE_ALIASES.get(name, name)
    return name if name in CODE_LANGUAGES else "plain_text"


def knows_language(name: str) -> bool:
    """Whether the word is the name of a language, or one of the words for plain text."""
    word = name.lower().removeprefix(".")
    return word in _PLAIN_NAMES or _LANGUAGE_ALIASES.get(word, word) in CODE_LANGUAGES


def code_block(code: str, language: str) -> str:
    """A fenced block at the start of a line, its fence longer than any run of backticks inside."""
    return fenced(quiet_tags(code.rstrip("\n")), language)


def inline_code(code: str) -> str:
    """A code span; code with several backticks in a row is shown as text, for it could pass for a fence."""
    text = quiet_tags(code.replace("\r", " ").replace("\n", " "))
    run = longest_run(text, "`")
    if not text.strip() or run > 1:
        return escape(code)
    fence = "`" * (run + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def quiet_tags(code: str) -> str:
    """Code in which `<at ...>` and its like cannot notify anybody: a zero-width space follows the `<`.

    Entities are shown as they stand inside code, so they cannot be used there.
    """
    return _TAG_IN_CODE.sub("<\u200b", code)


def json_length(text: str) -> int:
    """UTF-8 bytes of the text inside a JSON string."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2
