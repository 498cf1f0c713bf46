"""A YAML file as it is on disk, refused in words for somebody who has never seen a parser's error.

Of a name that stands twice in one section YAML's readers silently take the second; here it is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.config import disk
from bot.errors import ConfigError

_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(file: Path) -> dict[str, Any]:
    """Its sections; none for an empty file. Raises ConfigError that says where it is broken, not with what:
    a line may hold a secret."""
    try:
        data = _parsed(file.read_text(encoding="utf-8-sig"))
        nul, odd = _has_nul(data), next(_odd_names(data), "")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): {disk.OWNER}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not valid YAML: it must be saved as UTF-8") from error
    except RecursionError as error:
        raise ConfigError(f"{file} is not valid YAML: it is nested too deeply") from error
    except _Twice as twice:
        raise ConfigError(f"{file}: {twice}: leave one of them") from None
    except yaml.YAMLError as error:  # its own words quote the line
        raise ConfigError(f"{file} is not valid YAML{_fault(file, error)}") from None
    if nul:
        raise ConfigError(f"{file} holds a NUL character (\\0): take it out")
    if odd:
        raise ConfigError(f"{file}: {odd}: the name before the colon must be a text; put it in quotes")
    if data is not None and not isinstance(data, dict):
        raise ConfigError(f"{file} must hold sections such as 'feishu:' at its top level")
    return data or {}


class _Twice(Exception):
    """A name that stands twice in one section."""


class _OnceEach(yaml.SafeLoader):
    """Raises _Twice for such a name."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            line = key.start_mark.line + 1
            if key.value in lines:
                raise _Twice(f"{key.value} stands in lines {lines[key.value]} and {line}")
            lines[key.value] = line
        return super().construct_mapping(node, deep)


def _parsed(text: str) -> Any:
    loader = _OnceEach(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _odd_names(data: Any, place: str = "") -> Iterator[str]:
    """The places of names that YAML reads as something else than text: 1, yes, null."""
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(data, dict):
        yield from (f"{place}{name}" for name in data if not isinstance(name, str))
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for name, value in items:
        yield from _odd_names(value, f"{place}{name}.")


def _has_nul(value: Any) -> bool:
    """Whether a text in it holds a NUL, which no path, address or key may."""
    if isinstance(value, dict):
        return any(map(_has_nul, value.items()))
    if isinstance(value, list | tuple):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


def _fault(file: Path, error: yaml.YAMLError) -> str:
    """Where a YAML file is broken and what to look for there; its own words stay out of it."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return ": check brackets, quotes and indentation"
    line = error.problem_mark.line
    written = [*file.read_text(encoding="utf-8").split("\n"), ""][line]
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return f" at line {line + 1}: it is indented with a tab; YAML wants spaces"
    return (
        f" at line {line + 1}, column {error.problem_mark.column + 1}: check brackets, quotes and "
        "indentation before it, and put a value with special characters in quotes"
    )
