"""The README and the guide say what is true: commands exist, links lead somewhere, both languages agree."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from typer.main import get_command

from bot.__main__ import app as bot_app
from bot.__main__ import load
from bot.config.env_file import NAMED
from bot.config.settings import GroupSettings, Settings, SourceSettings, load_settings
from index.__main__ import app as index_app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMANDS: dict[str, Any] = {"bot": get_command(bot_app), "index": get_command(index_app)}
COMMANDS["bot"].commands = {name: load(name) for name in COMMANDS["bot"].commands}


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
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in re.findall(
        r"(?<![\w-])make ([a-z-]+)\b(?! sure)", "".join(re.findall(r"`[^`]+`|```.*?```", text, re.DOTALL))
    ):
        assert name in targets, f"{page.name} shows `make {name}`"
    _check_commands(text, page.name)


def test_every_command_that_a_message_or_a_comment_names_exists() -> None:
    for package in ("bot", "worker", "index", "bench"):
        for file in sorted((ROOT / package).rglob("*.py")):
            _check_commands(file.read_text(encoding="utf-8"), str(file.relative_to(ROOT)))


def _check_commands(text: str, place: str) -> None:
    for package, line in re.findall(r"python -m (bot|index) ([a-z][^`\n|#]*)", text):
        command, words = COMMANDS[package], line.split()
        while words and hasattr(command, "commands"):
            name = words.pop(0).rstrip(".,:;\"')")
            assert name in command.commands, f"{place} shows `python -m {package} {line}`"
            command = command.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        for option in re.findall(r"(?<!\S)--[a-z-]+", " ".join(words)):
            assert option in known | {"--help"}, f"{place} shows {option} of `python -m {package} {line}`"
    for module in re.findall(r"python -m ((?:worker|bench|tests)(?:\.[a-z_]+)*)", text):
        assert find_spec(module), f"{place} shows `python -m {module}`"


@pytest.mark.parametrize("english", sorted((ROOT / "docs/en").glob("*.md")), ids=lambda page: page.name)
def test_the_guide_says_the_same_in_both_languages(english: Path) -> None:
    chinese = ROOT / "docs/zh" / english.name
    assert chinese.exists(), f"docs/zh/{english.name} is missing"
    assert _shape(english) == _shape(chinese)


def test_the_readme_says_the_same_in_both_languages() -> None:
    assert _shape(ROOT / "README.md") == _shape(ROOT / "README.zh.md")


@pytest.mark.parametrize(
    ("english", "chinese"), [("SECURITY.md", "security.md"), ("docs/scale-out.md", "scale-out.md")]
)
def test_security_and_scale_out_say_the_same_in_chinese(english: str, chinese: str) -> None:
    here, there = ROOT / english, ROOT / "docs" / "zh" / chinese
    assert _shape(here) == _shape(there)
    blocks = re.compile(r"^```bash\n.*?^```", re.MULTILINE | re.DOTALL)
    assert blocks.findall(here.read_text("utf-8")) == blocks.findall(there.read_text("utf-8"))
    named = re.compile(r"`(?:tests|bench)/[^`]+`")
    assert named.findall(here.read_text("utf-8")) == named.findall(there.read_text("utf-8"))


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


def test_every_setting_is_explained_in_both_languages_with_its_default() -> None:
    values = {key: value for key, value in _keys(Settings()) if key not in ("groups", "admins")}
    values |= {f"groups.<chat id>.{key}": value for key, value in _keys(GroupSettings())}
    named = {key: f"${{{name}:-}}" for key, name in NAMED.items()}
    wanted = {key: named.get(key, _shown(value)) for key, value in values.items()}
    for language in ("en", "zh"):
        page = (ROOT / f"docs/{language}/all-settings.md").read_text(encoding="utf-8")
        shown = dict(re.findall(r"^\| `([^`]+)` \| (?:`([^`]+)`)? \|", page, re.MULTILINE))
        assert shown == wanted, language


@pytest.mark.slow
def test_every_default_that_the_page_shows_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes `key: default` has the default, also where it shows none."""
    for name in NAMED.values():
        monkeypatch.delenv(name, raising=False)
    page = (ROOT / "docs/en/all-settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (?:`([^`]+)`)? \|", page, re.MULTILINE)
    assert len(rows) > 100
    for key, shown in rows:
        *sections, name = key.replace("<chat id>", "oc_1").split(".")
        nested = "".join("  " * depth + f"{section}:\n" for depth, section in enumerate(sections))
        file = tmp_path / "config.yaml"
        file.write_text(f"{nested}{'  ' * len(sections)}{name}: {shown}\n", encoding="utf-8")
        settings: Any = load_settings(file)
        assert (settings.groups.pop("oc_1", None) or GroupSettings()) == GroupSettings(), key
        assert settings == Settings(), f"{key}: {shown} is not the default"


def _shown(value: Any) -> str:
    """A default as the page writes it: nothing for an empty text."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        if value and all(isinstance(one, SourceSettings) for one in value):
            return "[" + ", ".join(f"{{path: {one.path}}}" for one in value) + "]"
        return json.dumps([str(part) for part in value])
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def _keys(section: BaseModel, above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names of every setting, and its value; a list of sections counts as one."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _keys(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def test_the_map_is_the_house() -> None:
    rooms = [
        (init.parent.relative_to(ROOT).as_posix(), _idea(init))
        for package in ("bot", "index", "worker", "simulator", "demo")
        for init in sorted((ROOT / package).rglob("__init__.py"), key=lambda init: init.parent.parts)
    ]
    assert _tree(ROOT / "docs/architecture.md") == rooms, "docs/architecture.md draws another house"
    chinese = _tree(ROOT / "docs/zh/architecture.md")
    assert [room for room, _ in chinese] == [room for room, _ in rooms], "docs/zh/architecture.md does"
    assert all(idea for _, idea in chinese)
    assert _shape(ROOT / "docs/architecture.md") == _shape(ROOT / "docs/zh/architecture.md")


def test_no_room_is_too_wide() -> None:
    for package in ("bot", "index", "worker", "simulator", "demo"):
        for init in (ROOT / package).rglob("__init__.py"):
            modules = [file.name for file in init.parent.glob("*.py") if not file.name.startswith("__")]
            assert len(modules) <= 16, f"{init.parent.relative_to(ROOT)} holds {len(modules)} modules"


def test_the_pages_for_developers_name_files_that_exist() -> None:
    for page in ("CONTRIBUTING.md", "docs/architecture.md", "docs/zh/architecture.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in re.findall(r"`((?:bot|index|worker|simulator|demo)/[\w/.]*)`", text):
            assert (ROOT / name).exists(), f"{page} names {name}"


def _idea(init: Path) -> str:
    return (ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or "").split("\n")[0]


def _tree(page: Path) -> list[tuple[str, str]]:
    """(folder, its line) of the tree that a page draws."""
    found: list[tuple[str, str]] = []
    above: list[str] = []
    for line in page.read_text(encoding="utf-8").split("```")[1].strip("\n").splitlines():
        name, _, idea = line.strip().partition(" ")
        depth = (len(line) - len(line.lstrip())) // 2
        above = [*above[:depth], name.rstrip("/")]
        found.append(("/".join(above), idea.strip()))
    return found
