"""What a page without a heading over the whole is called: by its navigation, never by its first section."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import SourceSettings
from index.sources.load import LoadReport, load
from index.sources.navigation import title_of, titles_under

pytestmark = pytest.mark.usefixtures("read_here")

BODY = "Some words first.\n\n## Prerequisites\n\nA board.\n\n## Steps\n\nFlash it.\n"


def titles(root: Path) -> dict[str, str]:
    sources = [SourceSettings(path=root)]
    return {page.path: page.title for page in load(sources, root / ".clones", LoadReport())}


def put(root: Path, **files: str) -> None:
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


NAVIGATIONS = {
    "mkdocs above the folder": (
        "../mkdocs.yml",
        "nav:\n  - Home: index.md\n  - B:\n      - Flash a board: boards/flash.md\nx: !!python/name:a.b ''\n",
    ),
    "mkdocs inside": ("mkdocs.yml", "docs_dir: .\nnav:\n  - Flash a board: boards/flash.md\n"),
    "docsify": ("_sidebar.md", "- [Home](/)\n- Boards\n  - [Flash a board](boards/flash.md#top)\n"),
    "mdbook": ("SUMMARY.md", "# Summary\n\n- [Flash a board](./boards/flash.md)\n"),
    "sphinx": (
        "index.rst",
        "Docs\n====\n\n.. toctree::\n   :maxdepth: 1\n\n   Flash a board <boards/flash>\n",
    ),
    "myst": ("index.md", "# Docs\n\n```{toctree}\n:maxdepth: 1\n\nFlash a board <boards/flash>\n```\n"),
    "docusaurus": (
        "sidebars.js",
        "module.exports = {docs: [{type: 'doc', label: 'Flash a board', id: 'boards/flash'}]}",
    ),
    "docusaurus json": (
        "sidebars.json",
        '{"docs": [{"type": "doc", "id": "boards/flash", "label": "Flash a board"}]}',
    ),
}


@pytest.mark.parametrize("name", NAVIGATIONS)
def test_a_page_without_its_own_title_has_that_of_the_navigation(tmp_path: Path, name: str) -> None:
    root = tmp_path / "site" / "docs"
    put(root, boards__flash_md=BODY)
    (root / "boards" / "flash_md").rename(root / "boards" / "flash.md")
    file, text = NAVIGATIONS[name]
    (root / file).write_text(text, "utf-8")
    assert titles(root)["boards/flash.md"] == "Flash a board"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (BODY, "flash"),
        ("# The board\n\n## Steps\n", "The board"),
        ("Words.\n\n## Steps\n\nx\n\n# The board\n\ny\n", "The board"),
        ("## The board\n\nx\n\n### Steps\n\ny\n", "The board"),
        ("## Steps\n\nx\n\n## Afterwards\n\ny\n", "flash"),
        ("The board\n=========\n\nx\n", "The board"),
        ("---\ntitle: From above\n---\n\n## Steps\n\nx\n", "From above"),
        ("```\n# no heading\n```\n\nx\n", "flash"),
    ],
)
def test_the_first_section_never_names_the_page(tmp_path: Path, text: str, title: str) -> None:
    (tmp_path / "flash.md").write_text(text, "utf-8")
    assert titles(tmp_path)["flash.md"] == title


def test_its_own_heading_wins_over_the_navigation(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Own\n\nx\n", "utf-8")
    (tmp_path / "_sidebar.md").write_text("- [Other](a.md)\n", "utf-8")
    assert titles(tmp_path)["a.md"] == "Own"


def test_navigation_that_is_hostile_or_broken_gives_no_titles(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("x", "utf-8")
    root = tmp_path / "docs"
    root.mkdir()
    (root / "_sidebar.md").write_text(
        "- [A](../outside.md)\n- [B](https://example.org/b.md)\n- [C](#c)\n", "utf-8"
    )
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    (root / "mkdocs.yml").write_text(bomb + "nav: *k\n", "utf-8")
    (root / "sidebars.js").write_bytes(b"\xff\xfe{id: 'a'")
    sites = tmp_path / "sites"
    sites.mkdir()
    (sites / "mkdocs.yml").write_text("docs_dir: a\0b\nnav:\n  - A: a.md\n", "utf-8")
    assert titles_under(sites) == {}
    (sites / "round").symlink_to(sites / "round")
    (sites / "SUMMARY.md").write_text("- [A](round/a.md)\n", "utf-8")
    assert titles_under(sites) == {"round/a.md": "A"}, "of a page that nobody can read"
    (root / "index.rst").write_text(".. toctree::\n\n   A <../outside>\n", "utf-8")
    assert titles_under(root) == {}
    assert titles_under(root / "nowhere") == {}


def test_a_folder_is_named_where_its_index_is_asked_for() -> None:
    assert title_of("boards/index.md", {"boards": "Boards"}) == "Boards"
    assert title_of("boards/README.md", {"boards/README.md": "All boards"}) == "All boards"
    assert title_of("boards/flash.md", {"boards": "Boards"}) == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("The &nbsp<samp>valve</samp>&nbsp tool", "The valve tool"),
        ("Pumps &amp; valves", "Pumps & valves"),
        ("<b>Pumps</b> &#8211; all", "Pumps – all"),
        ("Queue<T> and Q&A", "Queue<T> and Q&A"),
        ("Open a &lt;valve&gt;", "Open a <valve>"),
        ("?a=1&copy=2", "?a=1&copy=2"),
    ],
)
def test_titles_are_plain_text(tmp_path: Path, written: str, shown: str) -> None:
    put(
        tmp_path,
        **{
            "mkdocs.yml": f"docs_dir: .\nnav:\n  - '{written}': named.md\n",
            "named.md": BODY,
            "front.md": f"---\ntitle: '{written}'\n---\n{BODY}",
        },
    )
    assert titles(tmp_path) == {"named.md": shown, "front.md": shown}


def test_headings_show_entities_as_signs(tmp_path: Path) -> None:
    put(tmp_path, **{"page.md": "# The &nbsp<samp>valve</samp>&nbsp tool &amp; more\n\nWords.\n"})
    assert titles(tmp_path) == {"page.md": "The valve tool & more"}
