"""Writing HTML without forgetting to escape: attributes are escaped here, text by `words`."""

from __future__ import annotations

from markdown_it.common.utils import escapeHtml


def words(text: object) -> str:
    """Text, escaped for HTML."""
    return escapeHtml(str(text))


def tag(name: str, inner: str = "", /, **attributes: object) -> str:
    """One element around HTML that is already safe.

    `class_` and `for_` lose their underscore, other underscores become hyphens; None, "" and False leave
    an attribute out, True writes it bare.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return f"<{name}{written}>{inner}</{name}>"


def void(name: str, /, **attributes: object) -> str:
    """An element that holds nothing, such as <input>."""
    return f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"


def _attribute(key: str, value: object) -> str:
    if value is None or value is False or value == "":
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{words(value)}"'
