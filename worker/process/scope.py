"""Which sources a question is answered from: the group's collections, and one version of each product.

Pure. Sources of one product are those whose names differ in nothing but the version they carry: `harbor-2.1`
and `harbor-3.0` are two versions of `harbor`. A question that names a version gets it, any other the newest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bot.config.settings import Settings, SourceSettings
from index.sources.confirmed import is_confirmed, source_of
from index.sources.load import source_name


@dataclass(frozen=True)
class Scope:
    """What one question is answered from."""

    sources: frozenset[str] | None = None
    """Names of the sources; None for all."""
    version: str = ""
    """The product's version, where the sources carry one; several products' are joined by commas."""


def scope_of(
    text: str,
    settings: Settings,
    collections: Iterable[str] = (),
    *,
    chat_id: str = "",
    known: Iterable[str] = (),
) -> Scope:
    """The scope of a question in a group with these collections (none: everything).

    `known` are the names of the sources in the index. Among them are the answers of colleagues of each group:
    the chat's own belong to its scope and no other's.
    """
    scope = _of_settings(text, settings, collections)
    names = frozenset(known)
    answers = frozenset(name for name in names if is_confirmed(name))
    if not answers:
        return scope
    documents = names - answers if scope.sources is None else scope.sources
    return Scope(documents | (answers & {source_of(chat_id)}), scope.version)


def _of_settings(text: str, settings: Settings, collections: Iterable[str]) -> Scope:
    index = settings.index
    names = {name for collection in collections for name in index.collections.get(collection, ())}
    allowed = [source for source in index.sources if not names or source_name(source) in names]
    if not names and not any(source.version for source in allowed):
        return Scope()
    products: dict[str, list[SourceSettings]] = defaultdict(list)
    for source in allowed:
        if source.version:
            products[_product(source)].append(source)
    chosen = {name: _chosen(text, [one.version for one in ones]) for name, ones in products.items()}
    kept = [one for one in allowed if not one.version or chosen[_product(one)] == one.version]
    labels = dict.fromkeys(chosen.values())
    return Scope(frozenset(map(source_name, kept)), ", ".join(labels))


def _product(source: SourceSettings) -> str:
    name = source_name(source)
    without = re.sub(rf"v?{re.escape(source.version)}", "", name, flags=re.IGNORECASE)
    return without.strip(" -_@/.:")


def _chosen(text: str, versions: list[str]) -> str:
    """The version that is named, the most exact where several are; else the newest."""
    named = [version for version in versions if _is_named(version, text)]
    if named:
        return max(named, key=len)
    return max(versions, key=_order)


def _is_named(version: str, text: str) -> bool:
    """Whether a text names it: 2.1, v2.1, 2.1.3 and "version 2" do, 12.1 and "2 pods" do not."""
    bare = re.escape(version.lower().removeprefix("v"))
    if re.fullmatch(r"\d+", version.lower().removeprefix("v")):
        before = rf"(?:\bv|version\s*|release\s*|版本?\s*){bare}(?![\d])"
        after = rf"(?<![\d.\w]){bare}(?:\.x|\s*版)"
        return bool(re.search(f"{before}|{after}", text, re.IGNORECASE))
    return bool(re.search(rf"(?<![\d.a-z])v?{bare}(?!\d|[a-z])", text, re.IGNORECASE))


def _order(version: str) -> tuple[tuple[int, int, str], ...]:
    """2.10 after 2.9; 3.0rc1 before 3.0; names such as `latest` and `main` after all numbers."""
    parts = re.findall(r"\d+|[a-z]+", version.lower().removeprefix("v"))
    if not parts or not parts[0].isdecimal():
        return ((2, 0, version),)
    return (*((1, int(part), "") if part.isdecimal() else (-1, 0, part) for part in parts), (0, 0, ""))
