"""Include and exclude globs over paths with forward slashes."""

from __future__ import annotations

from collections.abc import Iterable

from index.sources.files import glob_pattern


class Globs:
    """What a source's `include` and `exclude` take."""

    def __init__(self, include: Iterable[str], exclude: Iterable[str]) -> None:
        self._includes = [glob_pattern(glob) for glob in include]
        self._excludes = [glob_pattern(glob) for glob in exclude]

    def take(self, path: str) -> bool:
        """Whether a path belongs to the source."""
        if self._includes and not any(pattern.fullmatch(path) for pattern in self._includes):
            return False
        return not any(pattern.fullmatch(path) for pattern in self._excludes)
