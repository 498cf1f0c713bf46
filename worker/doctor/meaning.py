"""Settings that can be read and yet cannot be meant: ids that are none, folders that are gone or overlap.

Rows are (check, state, detail, fix), for worker/doctor/doctor.py. Nothing outside this machine is asked.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from pathlib import Path

from bot.config.extras import command, is_here, wanted, what_to_install
from bot.config.settings import GateSettings, Settings, SourceSettings
from bot.errors import FennelError
from index.sources.files import files_in
from index.sources.formats.by_suffix import SUFFIXES
from index.sources.formats.code import CODE_SUFFIXES
from index.sources.git import NO_GIT
from index.sources.load import source_name
from worker.doctor.rows import FAILED, WARNING, Row

MOST_FILES = 20_000
"""Files of a source that are looked at; more would keep a person waiting."""
_WHOSE_ID = "send /status to the bot: the card shows your open_id (ou_...) and the chat's id (oc_...)"


def meaning_rows(settings: Settings) -> list[Row]:
    """Everything that looks wrong; empty when nothing does."""
    return [*_people(settings), *_chats(settings), *_sources(settings), *_files(settings), *_extras(settings)]


def _people(settings: Settings) -> Iterator[Row]:
    named = {"admins": settings.admins, "access.deny_users": settings.access.deny_users}
    for chat, group in settings.groups.items():
        named |= {f"groups.{chat}.{key}": getattr(group, key) for key in ("admins", "experts", "deny_users")}
    for setting, people in named.items():
        wrong = [person for person in people if not _is_id(person, "ou_")]
        if wrong:
            yield (setting, FAILED, f"{', '.join(wrong)}: no open_id, which begins with ou_", _WHOSE_ID)


def _chats(settings: Settings) -> Iterator[Row]:
    named: dict[str, Iterable[str]] = {
        "groups": [chat for chat in settings.groups if chat != "default"],
        "access.allow_groups": settings.access.allow_groups,
        "access.deny_groups": settings.access.deny_groups,
    }
    for setting, chats in named.items():
        wrong = [chat for chat in chats if not _is_id(chat, "oc_")]
        if wrong:
            yield (setting, FAILED, f"{', '.join(wrong)}: no chat id, which begins with oc_", _WHOSE_ID)


def _is_id(text: str, prefix: str) -> bool:
    return text.startswith(prefix) and len(text) > len(prefix) and text.isprintable() and " " not in text


def _sources(settings: Settings) -> Iterator[Row]:
    sources = settings.index.sources
    if not sources:
        yield ("sources", FAILED, "index.sources is empty", "name a folder: docs/en/documents.md")
    if any(source.git for source in sources) and shutil.which("git") is None:
        yield ("sources", FAILED, NO_GIT, "install git")
    names = Counter(map(source_name, sources))
    for name in sorted(name for name, count in names.items() if count > 1):
        fix = "give each a `name` of its own under index.sources"
        yield ("sources", FAILED, f"{names[name]} sources are called {name}: one hides the other", fix)
    listed = [(source, place, _listed(source, place)) for source, place in _local(sources)]
    for source, place, files in listed:
        if files is None:
            fix = "correct the path under index.sources; relative ones start in the folder of the command"
            yield ("sources", FAILED, f"{place}: no such file or folder", fix)
        elif not files:
            fix = "look at `include` and `exclude`, and at the formats in docs/en/documents.md"
            yield ("sources", FAILED, f"{place}: holds no file that is read", fix)
        elif _is_inside(settings.index.dir, place):
            fix = "put index.dir elsewhere, or exclude it from the source"
            yield ("sources", WARNING, f"index.dir {settings.index.dir} lies inside the source {place}", fix)
        yield from _told_apart(source, place)
    yield from _overlaps([(place, files) for _, place, files in listed if files])


def _local(sources: Iterable[SourceSettings]) -> Iterator[tuple[SourceSettings, Path]]:
    for source in sources:
        place = source.path or source.qa
        if place is not None:
            yield source, place


def _listed(source: SourceSettings, place: Path) -> frozenset[str] | None:
    """Real paths of the files that a build would read; None where there is no such place."""
    if not place.exists():
        return None
    if place.is_file():
        return frozenset([os.path.realpath(place)])
    wanted_suffixes = CODE_SUFFIXES if source.code else SUFFIXES
    try:
        found = islice(files_in(place, source, lambda path, why: None), MOST_FILES)
        kind = "code:" if source.code else ""  # the words of a file and its code are different documents
        read = (one for one in found if one.suffix in wanted_suffixes)
        return frozenset(f"{kind}{os.path.realpath(one.file)}" for one in read)
    except (OSError, FennelError):
        return frozenset()


def _told_apart(source: SourceSettings, place: Path) -> Iterator[Row]:
    if source.qa is not None and place.is_dir():
        yield ("sources", FAILED, f"qa: {place} is a folder", "name a CSV or JSON file, or write `path:`")


def _overlaps(listed: list[tuple[Path, frozenset[str]]]) -> Iterator[Row]:
    for (one, here), (other, there) in combinations(listed, 2):
        both = len(here & there)
        if both:
            fix = "keep one of them, or part them with `include` and `exclude`"
            yield ("sources", WARNING, f"{one} and {other} overlap: {both} files are indexed twice", fix)


def _is_inside(inner: Path, outer: Path) -> bool:
    return outer.is_dir() and Path(os.path.realpath(inner)).is_relative_to(os.path.realpath(outer))


def _files(settings: Settings) -> Iterator[Row]:
    chosen = settings.index.gate.questions
    for file in chosen if chosen != GateSettings().questions else ():
        if not file.is_file():
            fix = "correct the path, or write `questions: []`"
            yield ("index.gate.questions", WARNING, f"{file}: no such file", fix)


def _extras(settings: Settings) -> Iterator[Row]:
    for module in wanted(settings):
        if not is_here(module):
            yield ("packages", FAILED, what_to_install(module), command(module))
