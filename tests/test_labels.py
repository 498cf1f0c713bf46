"""Code and the label that announces it: never another label's, and an output never without its command."""

from __future__ import annotations

import pytest

from index.sources.formats.markdown.pages import read_markdown
from worker.excerpts import Excerpt
from worker.finding.blocks.atoms import Atom, atoms_of
from worker.finding.blocks.labels import names_a_way
from worker.finding.blocks.together import as_markdown
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts


def code(line: str, info: str = "sh") -> str:
    return f"```{info}\n{line}\n```"


def headings(markdown: str) -> dict[str, str]:
    """The first line of each block of code, and the bold line or label above it."""
    return {
        atom.text.split("\n")[1]: atom.heading or atom.lead
        for atom in atoms_of(markdown)
        if atom.kind == "code"
    }


LANTERN = ["apt install lantern", "choco install lantern", "lantern --version"]


@pytest.mark.parametrize(
    ("debian", "windows"),
    [
        ("For Debian:", "For Windows:"),
        ("**Debian**", "**Windows**"),
        ("Debian / Ubuntu", "Windows (PowerShell)"),
        ("On Debian and Ubuntu, run:", "On Windows 10 or later, run:"),
        ("在 Debian 系统下执行：", "在 Windows 系统下执行："),
        ("使用 apt 安装", "使用 choco 安装"),
    ],
)
def test_a_label_holds_for_its_own_code_and_not_for_what_follows_the_last(debian: str, windows: str) -> None:
    apt, choco, check = LANTERN
    parts = [debian, code(apt), windows, code(choco), "Now look whether it burns.", code(check)]
    found = headings("\n\n".join(parts))
    assert found[apt] == debian.strip("*:：")
    assert found[choco] == windows.strip("*:：")
    assert found[check] == "Now look whether it burns."


def test_all_that_stands_below_a_tab_is_of_this_tab() -> None:
    tabs = (
        '=== "Debian"\n    Take the key first.\n\n    ```sh\n    apt-key add wick\n    ```\n\n'
        '    ```sh\n    apt install lantern\n    ```\n\n=== "Windows"\n    Start a terminal.\n\n'
        "    ```sh\n    choco install lantern\n    ```\n\n"
    )
    _, text = read_markdown(f"# Install\n\n{tabs}Then trim the wick.\n\n{code('lantern --trim')}\n")
    found = headings(text.partition("\n")[2])
    assert found["apt-key add wick"] == found["apt install lantern"] == "Debian"
    assert found["choco install lantern"] == "Windows"
    assert found["lantern --trim"] == "Then trim the wick."


def test_regions_whose_commands_are_alike_are_labels_too() -> None:
    far, near = "wget https://far.example/lantern.tgz", "wget https://near.example/lantern.tgz"
    found = headings(f"岛上\n\n{code(far)}\n\n陆上\n\n{code(near)}\n\n{code('tar -xf lantern.tgz')}")
    assert found == {far: "岛上", near: "陆上", "tar -xf lantern.tgz": ""}


def test_tabs_of_vuepress_are_labels() -> None:
    _, text = read_markdown(f"::: tabs#os\n@tab Linux\n{code('a')}\n@tab:active macOS\n{code('b')}\n:::\n")
    assert headings(text) == {"a": "Linux", "b": "macOS"}


def test_a_fence_may_have_its_name_in_its_first_line() -> None:
    markdown = "\n\n".join([code("npm add wick", "sh [npm]"), code("wick: 1", 'yaml title="lamp.yml" {1}')])
    npm, lamp = atoms_of(markdown)
    assert (npm.lead, npm.text.split("\n")[0]) == ("npm", "```sh")
    assert (lamp.lead, lamp.text.split("\n")[0]) == ("lamp.yml", "```yaml")


@pytest.mark.parametrize("below", [True, False])
def test_a_caption_is_of_the_code_on_its_side(below: bool) -> None:
    pairs = [("*Listing 1: on land*", code("land")), ("*Listing 2: at sea*", code("sea"))]
    parts = [part for caption, block in pairs for part in ((block, caption) if below else (caption, block))]
    assert headings("\n\n".join(parts)) == {"land": "*Listing 1: on land*", "sea": "*Listing 2: at sea*"}


@pytest.mark.parametrize(
    ("label", "is_way"),
    [
        ("Debian / Ubuntu", True),
        ("RedHat / CentOS", True),
        ("使用 Docker Compose 部署", True),
        ("For Fedora 39 and later", True),
        ("Download the Docker image", False),
        ("Start the container and open the page", False),
        ("重启服务", False),
    ],
)
def test_a_label_does_nothing_but_name_a_way(label: str, is_way: bool) -> None:
    assert names_a_way(label) is is_way


def test_an_output_is_shown_below_its_command() -> None:
    output = "lamp   oil   hours\nnorth  full  12\nsouth  half  6"
    page = f"Look how much oil is left:\n\n{code('lantern oil --list')}\n\n{code(output, 'text')}"
    shown = atoms_of(page)[-1]
    assert "lantern oil --list" in shown.shown
    reading = read_excerpts("which lamp has oil for 12 hours", [Excerpt(1, "Oil", page, ("Oil",))], None)
    (quote,) = quotes_of(reading)
    assert quote.text.index("lantern oil --list") < quote.text.index("north  full")
    assert quote.text.count("lantern oil --list") == 1


def test_the_same_for_another_packager_is_no_output() -> None:
    npm, pnpm = atoms_of(f"{code('npm create lantern my-lamp')}\n\n{code('pnpm create lantern my-lamp')}")
    assert isinstance(npm, Atom)
    assert pnpm.lead == ""


INSTALL = "\n\n".join(
    [
        f"**{name}**\n\n{code(f'{tool} install lantern && lantern light the lamp')}"
        for name, tool in [("Debian", "apt"), ("Windows", "choco"), ("macOS", "brew")]
    ]
)


@pytest.mark.parametrize(
    ("system", "tool"), [("Debian", "apt"), ("Windows", "choco"), ("macOS", "brew"), ("Mac", "brew")]
)
@pytest.mark.parametrize("question", ["How do I install lantern on {}?", "{} 上怎么安装 lantern"])
def test_who_names_a_way_is_shown_its_command_first(question: str, system: str, tool: str) -> None:
    page = Excerpt(1, "Install", INSTALL, ("Install",))
    quote = quotes_of(read_excerpts(question.format(system), [page], None))[0]
    commands = [line for line in quote.text.splitlines() if "install lantern" in line]
    assert commands[0].startswith(tool)


@pytest.mark.parametrize(("asks", "answers"), [("Q", "A"), ("问", "答"), ("Question", "Answer")])
def test_marks_in_a_line_of_their_own_are_the_marks_of_what_follows(asks: str, answers: str) -> None:
    entries = [("wick_holder: out of wick", "Buy a wick."), ("oil_tank: bind failed", "Wait for the tide.")]
    text = "\n\n".join(f"{asks}\n\n：{error}\n\n{answers}\n\n：{cure}\n\n---" for error, cure in entries)
    found = atoms_of(text)
    assert [(atom.heading, atom.text) for atom in found] == entries


def test_a_cure_stands_before_a_log_that_repeats_the_error() -> None:
    error = "Error: constraint failed: lamp.oil_tank is required"
    pages = [
        ("Settings", f"The tank of the lamp.\n\nNot filled in:\n\n{code(error, 'json')}\n\nThat is all."),
        (
            "Errors",
            f"**{error}**\n\nFill the tank to its rim and start anew.\n\n**Other**\n\nCall the keeper.",
        ),
    ]
    excerpts = [Excerpt(at, title, text, (title,)) for at, (title, text) in enumerate(pages, 1)]
    quotes = quotes_of(read_excerpts(f"{error}, what to do?", excerpts, None))
    assert "Fill the tank to its rim" in quotes[0].text


def test_what_announces_several_parts_stands_once() -> None:
    parts = [
        (at, Atom(f"Part {at} of it.", "paragraph", lead=f"There are two ways:\n\n- Way {at}", group=at))
        for at in (1, 2)
    ]
    assert as_markdown(parts) == (
        "There are two ways:\n\n- Way 1\n\nPart 1 of it.\n\n- Way 2\n\nPart 2 of it."
    )


def test_rows_of_a_table_in_a_step_are_one_table() -> None:
    rows = "\n".join(f"   | `lamp.{name}` | how the {name} of the lamp is set | a |" for name in "abcdefgh")
    step = (
        "1. Write the settings of the lamp into the file.\n\n   The file stands beside the lamp.\n\n"
        f"   These are the settings:\n\n   | name | what for | as |\n   |---|---|---|\n{rows}\n"
    )
    found = [(at, atom) for at, atom in enumerate(atoms_of(step)) if atom.kind == "row"]
    assert len(found) == 8
    lines = as_markdown([found[1], found[2], found[5]]).splitlines()
    assert lines[lines.index("|---|---|---|") + 1 :] == [
        "| … |  |  |",
        found[1][1].text.strip(),
        found[2][1].text.strip(),
        "| … |  |  |",
        found[5][1].text.strip(),
        "| … |  |  |",
    ]
