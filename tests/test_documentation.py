"""The README and the guide say what is true: commands exist, links lead somewhere, both languages agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.__main__ import app
from bot.config import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMANDS = {
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            assert anchor in _anchors(file), f"{page.name} links to {target}, a heading that is not there"


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in re.findall(
        r"(?<![\w-])make ([a-z]+)\b(?! sure)", "".join(re.findall(r"`[^`]+`|```.*?```", text, re.DOTALL))
    ):
        assert name in targets, f"{page.name} shows `make {name}`"
    for name in re.findall(r"python -m bot ([a-z]+)", text):
        assert name in COMMANDS, f"{page.name} shows `python -m bot {name}`"


@pytest.mark.parametrize("english", sorted((ROOT / "docs/en").glob("*.md")), ids=lambda page: page.name)
def test_the_guide_says_the_same_in_both_languages(english: Path) -> None:
    chinese = ROOT / "docs/zh" / english.name
    assert chinese.exists(), f"docs/zh/{english.name} is missing"
    assert _shape(english) == _shape(chinese)


def test_the_readme_says_the_same_in_both_languages() -> None:
    assert _shape(ROOT / "README.md") == _shape(ROOT / "README.zh.md")


def test_every_line_of_the_threat_model_names_tests_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(lines) >= 15
    for line in lines:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        assert named or "`make lint`" in line, f"nothing tests: {line}"
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"
    for file in re.findall(r"`(bench/[\w/]+\.py)`", text):
        assert (ROOT / file).is_file(), f"there is no {file}"


def _shape(page: Path) -> list[str]:
    """Levels of headings, fenced blocks, table rows: what a faithful translation keeps."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [
        line.split()[0] if line[0] == "#" else line[0] for line in lines if line.startswith(("#", "|", "```"))
    ]


def test_the_guide_names_only_settings_that_exist() -> None:
    sections = set(Settings.model_fields)
    for page in sorted((ROOT / "docs/en").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for section, key in re.findall(r"`([a-z_]+)\.([a-z_]+)`", text):
            if section in sections - {"groups"}:
                fields = type(getattr(Settings(), section)).model_fields
                assert key in fields, f"{page.name} names {section}.{key}"
