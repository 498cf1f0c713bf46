"""Pages of one form about things of one kind: a page for each database, each messenger, each model.

They stand in one folder under the same headings, so a question about one of them has most words of a page
about another, and the longer page wins. The name in the title tells them apart. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from index.text.chinese import has_chinese
from index.text.terms import is_noun, terms

Key = tuple[str, str]
"""A page's source and path."""
ALIKE = 0.5
"""Share of the headings of the page with fewer that the other has too: both are of one form."""


@dataclass(frozen=True)
class Page:
    """What tells a page from those beside it."""

    folder: Key
    """Its source and the path of the folder that it stands in."""
    name: frozenset[str]
    """The things that its title and its file's name tell, and the title as it is: 飞书 is cut into two words
    where it stands alone, and is one in a sentence."""
    title: frozenset[str]
    """The things that its title tells."""
    headings: frozenset[str]
    """Those below its title."""

    @classmethod
    def of(cls, source: str, path: str, title: str, headings: Collection[str]) -> Page:
        """The page at a path."""
        folder, _, file = path.rpartition("/")
        of_title, of_file = _things(title), _things(file.rpartition(".")[0] or file)
        name = of_title | of_file | {title.lower()}
        return cls((source, folder), name, of_title, frozenset(headings) - {title})


def _things(name: str) -> frozenset[str]:
    return frozenset(word for word in terms(name) if word.isascii() or (len(word) > 1 and is_noun(word)))


def of_others(pages: Mapping[Key, Page], question: str) -> dict[Key, frozenset[str]]:
    """For each page about another thing than the one whose page the question names, that name.

    Named by all that its title has and the other page has not, in one place: "two presses of a key" does not
    name the page "Key press".
    """
    words = named_in(question, frozenset().union(*(page.name for page in pages.values())))
    asked = terms(question)
    found: dict[Key, frozenset[str]] = {}
    for key, page in pages.items():
        for other in pages.values():
            name = (other.name - page.name) & words
            whole = _stand_together(other.title - page.name, asked)
            if name and whole and not (page.name - other.name) & words and _same_form(page, other):
                found[key] = found.get(key, frozenset()) | name
    return found


def _stand_together(words: frozenset[str], asked: Sequence[str]) -> bool:
    """Whether the words stand side by side in the question; one or none always does."""
    at = [place for place, word in enumerate(asked) if word in words]
    return len(words) < 2 or any(words <= set(asked[place : place + len(words)]) for place in at)


def named_in(text: str, names: frozenset[str]) -> frozenset[str]:
    """Those of the names that a text has: as a word, or Chinese ones as they stand."""
    low = text.lower()
    return names & frozenset(terms(text)) | {name for name in names if has_chinese(name) and name in low}


def _same_form(page: Page, other: Page) -> bool:
    few = min(len(page.headings), len(other.headings))
    alike = len(page.headings & other.headings)
    return page.folder == other.folder and alike > 0 and alike >= ALIKE * few
