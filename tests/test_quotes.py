"""Which parts of a page are quoted: whole ones, those that answer, no signposts, rows of long tables."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from index.sources.formats.markdown.html_inside import without_html
from worker.engines.extractive.engine import Extractive
from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.asked import read_question, without_form
from worker.finding.blocks.atoms import Atom, atoms_of
from worker.finding.blocks.pieces import PIECE, parts_of_code
from worker.finding.blocks.tidy import tidied
from worker.finding.blocks.together import as_markdown
from worker.finding.features import FEATURES
from worker.finding.quote import LOOKED_AGAIN, ROOMS, Rooms, room_for, shown
from worker.finding.quotes import quotes_of
from worker.finding.reading import Candidate, Reading, read_excerpts
from worker.finding.sections import SectionRead
from worker.prompts import Prompts
from worker.sentences import sentences

KEYS = ("timeout", "retries", "colour", "language", "port", "host", "folder")
TABLE = "| key | meaning |\n|---|---|\n" + "\n".join(f"| `app.{key}` | sets the {key} |" for key in KEYS)
FILLER = "The parcel counter stands beside the lift and is looked after by two people. " * 5


def quotes(question: str, *excerpts: Excerpt, language: str = "en") -> list[tuple[int, str]]:
    return list(choose(Prompts(question, excerpts, language).answer()))


def first(question: str, *excerpts: Excerpt, language: str = "en") -> str:
    return quotes(question, *excerpts, language=language)[0][1]


def page(number: int, text: str, *headings: str, score: float = 0.0, language: str = "") -> Excerpt:
    return Excerpt(
        number, headings[0] if headings else f"Page {number}", text, headings, score=score, language=language
    )


def test_of_a_long_table_the_row_that_answers_is_quoted_under_its_head() -> None:
    text = first("What is the retries setting?", page(1, TABLE, "Settings"))
    assert text.startswith("| key | meaning |\n|---|---|\n|")
    assert "| `app.retries` | sets the retries |" in text


def test_a_list_that_only_leads_elsewhere_is_not_quoted_nor_what_announces_it() -> None:
    text = "Install it with pip.\n\nMore:\n\n- [install on Linux](linux.md)\n- [install on Mac](mac.md)"
    assert first("How do I install it?", page(1, text)) == "Install it with pip."


def test_a_table_of_contents_is_not_quoted() -> None:
    contents = (
        "- Lamps\n  - [Why is the lamp dark?](#1)\n  - [Which oil?](#2)\n  - [How to clean the lamp](#3)"
    )
    assert "(#1)" not in first(
        "Why is the lamp dark?", page(1, f"{contents}\n\nThe lamp is dark without oil.")
    )


def test_a_list_of_links_into_the_web_is_an_answer() -> None:
    text = "Models that are supported:\n\n- [Qwen](https://example.org/qwen)\n- [Yi](https://example.org/yi)"
    assert "Yi" in first("Which models are supported?", page(1, text))


def test_many_links_take_no_time() -> None:
    def taken(links: int) -> float:
        text = "\n\n".join(f"- [install {number}](page.md)" for number in range(links)) + " and more"
        started = time.thread_time()
        quotes("How do I install it?", page(1, text))
        return time.thread_time() - started

    few, many = (min(taken(links) for _ in range(3)) for links in (60, 240))
    assert many < 12 * few, "four times the links are about four times the work"


def test_a_fence_without_code_is_not_quoted() -> None:
    text = "The model is adjusted here.\n\n```python"
    assert first("How is the model adjusted?", page(1, text)) == "The model is adjusted here."


def test_of_a_long_step_the_part_that_answers_is_quoted_under_its_first_line() -> None:
    remarks = "\n\n   ".join(f"Remark {number}: {FILLER.strip()}" for number in range(3))
    step = f"1. Set up the tower\n\n   {remarks}\n\n   Its lamp burns oil and nothing else.\n\n2. Climb it"
    answered = first("What does the lamp burn?", page(1, step, "Tower"))
    assert answered.startswith("1. Set up the tower")
    assert "burns oil" in answered
    assert len(answered) < len(step) - 300


HELP = "\n".join(
    [
        "Options of the crane:",
        *(f"      --beam{name} int      length of the {name} beam" for name in KEYS),
        "  -r, --reach int       how far the hook reaches",
        "                        over the quay (default 41)",
        *(f"      --rope{name} int      length of the {name} rope" for name in KEYS),
        "      --slack           let the rope be slack",
        *(f"      --mast{name} int      length of the {name} mast" for name in KEYS),
    ]
)


def test_of_a_long_list_of_options_the_one_asked_for_is_quoted() -> None:
    reach = page(1, f"```\n{HELP}\n```", "Options")
    assert first("how far does the hook reach by default", reach) == (
        "```\n  -r, --reach int       how far the hook reaches\n"
        "                        over the quay (default 41)\n```"
    )


def test_an_option_is_no_code_that_is_to_be_run() -> None:
    options = atoms_of(f"```\n{HELP}\n```")
    assert len(options) > len(KEYS)
    assert not any(one.is_code for one in options)
    assert [one.is_code for one in atoms_of("```sh\ncrane lift --reach 4\n```")] == [True]


def test_options_of_one_list_stand_in_one_block_and_say_where_others_are_left_out() -> None:
    both = first(
        "which option sets the reach of the hook, and which lets the rope be slack",
        page(1, f"```\n{HELP}\n```"),
    )
    assert both.count("```") == 2
    assert "(default 41)\n…\n      --slack" in both


@pytest.mark.parametrize(
    "code",
    [
        "```sh\ncrane lift \\\n" + "".join(f"  --{key}  1 \\\n" for key in KEYS) + "  --now\n```",
        "```diff\n" + "".join(f"-{key}: 1\n" for key in KEYS) + "```",
        "```yaml\n" + "".join(f"- {key}:  1\n" for key in KEYS) + "```",
        "```\n  -h, --help     print this\n  -v, --version  print the version\n```",
    ],
)
def test_what_only_looks_like_a_list_of_options_stays_whole(code: str) -> None:
    assert code in first("how does the crane lift", page(1, f"The crane lifts like this:\n\n{code}"))


def test_marks_of_answers_and_announcements_of_nothing_are_not_quoted() -> None:
    text = "**A:** The gate opens at noon. These are the days:"
    assert first("When does the gate open?", page(1, text)) == "The gate opens at noon."


def test_a_short_card_takes_what_else_stands_in_its_section() -> None:
    text = (
        "The spool may say that it refuses a job:\n\n```\nspool: job refused\n```\n\n"
        "It wants to own the folder.\n\nFolders on a shared drive are often not its own.\n\n"
        "Give the folder to the user of the spool."
    )
    answered = first("spool: job refused", page(1, text, "Errors"))
    assert "Give the folder to the user of the spool." in answered
    assert "Give the folder" not in first("spool: job refused", page(1, text.replace("It wants", FILLER * 2)))


def test_a_value_that_is_asked_for_stands_before_the_sentence_that_repeats_the_question() -> None:
    echo = "Parental leave is important to us, and everybody who takes parental leave is welcomed back."
    value = "Birth or adoption: parental leave lasts up to 16 weeks at full pay."
    text = f"{echo}\n\n{FILLER}\n\n{value}\n\n{FILLER}"
    assert "16 weeks" in first("how long is parental leave", page(1, text, "Leave"))


ABOUT_LEASES = (
    "The lease of a berth is what tells how long the lease of a berth binds. "
    "Whoever takes the lease of a berth may give the lease of a berth back."
)
LEASE_ROW = "| `berth.lease` | the lease of a berth | 14 |"
SHIP_ROW = "| `ship.sail` | the sail of a ship | 3 |"


@pytest.mark.parametrize("question", ["default lease of a berth", "the lease of a berth by default?"])
def test_a_default_that_is_asked_for_is_found_on_another_page_than_the_best(question: str) -> None:
    table = "| key | what it is | default |\n|---|---|---|\n"
    pages = (page(1, ABOUT_LEASES, "The lease of a berth", score=1.0), page(2, table + LEASE_ROW, "Keys"))
    assert LEASE_ROW in first(question, *pages)
    other = (pages[0], page(2, table + SHIP_ROW, "Keys"))
    assert SHIP_ROW not in first(question, *other), "the default of something else"
    assert LEASE_ROW not in first("lease of a berth", *pages), "none is asked for"


@pytest.mark.parametrize("mark", ["A：", "A ：", "**A :** ", "答 ： "])
def test_the_mark_of_an_answer_is_not_quoted(mark: str) -> None:
    text = f"Q：灯塔为什么不亮？\n\n{mark}灯油用完了，加满再点。"
    assert tidied(text).endswith("\n\n灯油用完了，加满再点。")


def test_the_explanation_under_an_error_message_is_quoted_with_it() -> None:
    cure = "The spool folder has no room left. Delete old jobs and restart the printer."
    text = f"```\nE42: spool is full\n```\n\n{cure}"
    assert "Delete old jobs" in first("E42: spool is full", page(1, text, "Errors"))


def test_a_long_log_makes_room_for_its_cure() -> None:
    log = "\n  ".join(f"at counter.shelf.{n} (/var/lib/parcels/north/shelf.py)" for n in range(12))
    cure = "Fix: unplug the scale before the lift starts, and weigh one parcel by hand."
    fault = f"```\n  no scale found\n  {log}\n  ```"
    text = f"- the counter stops\n\n  {fault}\n\n  Why: the lift was first.\n\n  {cure}"
    said = first("counter says no scale found", page(1, text, "Questions"))
    assert "unplug the scale" in said
    assert "the counter stops" in said
    assert "shelf.py" not in said


def test_an_item_stands_under_its_own_bold_line_and_says_it_once() -> None:
    text = f"- **Lamp is not lit**\n\n  Turn the small key.\n\n{FILLER}"
    atom = atoms_of(text)[0]
    assert atom.heading == "Lamp is not lit"
    assert as_markdown([(0, atom)]) == "- **Lamp is not lit**\n\n  Turn the small key."


@pytest.mark.parametrize("item", ["- **Lamp**: is lit.", "- **Lamp is not lit**", "- Lamp\n\n  is lit."])
def test_no_other_item_has_a_heading_of_its_own(item: str) -> None:
    assert [atom.heading for atom in atoms_of(item)] == [""]


@pytest.mark.parametrize(
    "text",
    [
        "**Q1: Does it run on Windows?**\n\n- Yes, from 2 on.\n\n**Q2: Does it run on a Mac?**\n\n- Not yet.",
        "- **Does it run on Windows?** Yes, since version 2.\n- **Does it run on a Mac?** Not yet.",
        "Does it run on Windows?\n\nYes, since version 2.\n\nDoes it run on a Mac?\n\nNot yet.",
    ],
)
def test_an_entry_of_a_list_of_questions_is_found_by_its_question(text: str) -> None:
    assert "Not yet." in first("runs on mac?", page(1, text, "Questions"))


def test_nothing_of_raw_html_components_and_images_is_quoted() -> None:
    text = (
        "import Tabs from '@theme/Tabs';\n\n:::note\n\nPress <kbd>F2</kbd> to rename a file.<br/>\n\n:::\n\n"
        "![image](shot.png)\n\n<!-- rename later -->\n<table><tr><th>key</th><th>does</th></tr>"
        "<tr><td>F2</td><td>rename</td></tr></table>"
    )
    said = first("how do I rename a file?", page(1, text, "Keys"))
    assert "Press F2 to rename a file." in said
    assert not any(mark in said for mark in ("<", "import", ":::", "image", "shot.png", "later"))


def test_code_keeps_what_looks_like_html_in_it() -> None:
    text = 'Rename it like this:\n\n```html\n<rename from="a">\n```'
    assert '<rename from="a">' in first("how do I rename?", page(1, text, "Keys"))


def test_what_is_announced_is_quoted_with_its_announcement() -> None:
    text = f"{FILLER}\n\nTo reset the counter run:\n\n```\ncounter --reset\n```\n\n{FILLER}"
    said = first("how to reset the counter", page(1, text, "Counter"))
    assert "To reset the counter run:\n\n```\ncounter --reset\n```" in said


def test_a_list_right_after_a_list_is_a_new_matter() -> None:
    text = f"{FILLER}\n\nLower the cache when memory runs out:\n\n1. lower it\n\n- **Set tp:**"
    said = first("What to do when memory runs out?", page(1, text))
    assert "lower it" in said


def test_what_the_search_ranks_far_higher_is_quoted_first() -> None:
    high = page(1, "Restart the worker after an update.", "Update", score=0.4)
    low = page(2, "Never update the worker while it runs.", "Notes", score=0.05)
    assert quotes("update worker", high, low)[0][0] == 1


def test_a_quote_in_another_language_is_better_than_none() -> None:
    chinese = page(1, "用 pip install 安装 lmdeploy。", score=0.4, language="zh")
    assert [number for number, _ in quotes("install lmdeploy", chinese)] == [1]


def test_the_same_words_are_not_quoted_twice() -> None:
    text = "Rename a file with the rename command."
    assert len(quotes("how do I rename a file", page(1, text, "Keys"), page(2, text, "Copy"))) == 1


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("How do I add a wiki?", "add a wiki"),
        ("Where are logs?", "logs"),
        ("Can it run without a GPU?", "run without a GPU"),
        ("The bot does not answer", "The bot does not answer"),
        ("机器人回答太慢怎么办？", "机器人回答太慢"),
        ("怎样安装？", "安装"),
        ("怎么办？", "怎么办？"),
    ],
)
def test_meaning_is_compared_without_the_form_of_a_question(question: str, subject: str) -> None:
    assert without_form(question) == subject


LONG = (
    "The kiln stands in the cellar and was bought from a school which closed "
    "(see [its story. Part 2](old.md)). "
    "Whoever fires it for the first time is shown how by Dr. Winter or by one of the two others who know it. "
    "The key hangs in the office. A glaze firing takes seven hours and must be watched, e.g. Mondays by Ada. "
    "It is never opened above eighty degrees, because the glaze cracks and the shelves bend in the draught."
)


def test_of_a_long_paragraph_the_sentences_that_answer_are_quoted() -> None:
    said = first("how many hours does a glaze firing take", page(1, f"{LONG}\n\n{FILLER}", "Kiln"))
    assert "A glaze firing takes seven hours and must be watched, e.g. Mondays by Ada." in said
    assert "bought from a school" not in said


def test_a_piece_of_a_paragraph_is_whole_sentences_and_parts_no_brackets() -> None:
    pieces = [atom.text for atom in atoms_of(LONG)]
    assert " ".join(pieces) == LONG
    assert pieces[0].endswith("(see [its story. Part 2](old.md)).")
    assert all(piece.endswith(".") and not piece.endswith(("Dr.", "e.g.")) for piece in pieces)
    assert all(len(piece) <= PIECE for piece in pieces)


def test_a_word_that_only_says_that_a_remark_follows_is_not_quoted() -> None:
    assert [atom.text for atom in atoms_of("Note\n\nClose the door.\n\n注意：\n\n关门。")] == [
        "Close the door.",
        "关门。",
    ]


def test_what_only_repeats_its_heading_stands_behind_what_says_something() -> None:
    text = "Glaze firing of the kiln\n\nIt takes seven hours."
    assert "seven hours" in first("glaze firing of the kiln", page(1, text, "Glaze firing of the kiln"))


def test_lines_that_were_only_wrapped_are_no_sentences() -> None:
    wrapped = "A guest may come twice and pays fifteen euros for\nthe evening, clay and firing included."
    assert [atom.text for atom in atoms_of(wrapped)] == [wrapped.replace("\n", " ")]
    chinese = (
        "素烧需要九个小时，期间不能打开窑门，否则坯体会因为温度骤降而开裂，"
        "窑板也会随之变形，务必有人\n一直在旁边看守。"
    )
    assert [atom.text for atom in atoms_of(chinese)] == [chinese.replace("\n", "")]


def test_pieces_of_one_paragraph_are_shown_as_one_again() -> None:
    text = "釉烧需要七个小时。" + "窑门在八十度以上不能打开。" * 12
    said = first("釉烧要多久", page(1, text, "窑", language="zh"), language="zh")
    assert "釉烧需要七个小时。窑门在八十度以上不能打开。" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("question", "waits"),
    [
        ("when is the kiln free", True),
        ("by when must I pay", True),
        ("and when do guests come?", True),
        ("what to do when the kiln is cold", False),
        ("error when firing", False),
    ],
)
def test_when_asks_for_a_time_only_where_it_asks(question: str, waits: bool) -> None:
    kinds = read_question(question, lambda _: 1.0, lambda _: True).kinds
    assert ("time" in kinds) is waits


def test_code_is_quoted_with_its_blank_lines_and_its_indentation() -> None:
    code = """```python
def check(host):
    if host.down:

        host.boot()


        host.wait()
\treturn host
```"""
    item = "- Then write it into the list:\n\n  ```yaml\n  beacon:\n\n    image: acme/beacon:4\n  ```"
    assert code in first(
        "How do I boot a host that is down?", page(1, f"Boot a host:\n\n{code}", "Boot a host")
    )
    assert item in first(
        "How do I write a beacon into the list?", page(1, f"To list a beacon:\n\n{item}", "Beacon")
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("> [!ATTENTION|style:flat]\n> Back up first.\n> Then go on.", "> Back up first.\n> Then go on."),
        ("> [!NOTE]\n> Only on Linux.", "> Only on Linux."),
        ("> [!WARNING| label:升级之前] \n> 请先备份。", "> 升级之前\n> 请先备份。"),
        ("> [!tip]- Shorter\n> Use the alias.", "> Shorter\n> Use the alias."),
        ("> [!IMPORTANT] Restart it.", "> Restart it."),
        ("!> Restart it.", "Restart it."),
        ("```\n> [!NOTE]\n> as it is written\n```", "```\n> [!NOTE]\n> as it is written\n```"),
        ("See [!here] for more.", "See [!here] for more."),
    ],
)
def test_marks_of_coloured_boxes_are_not_shown(written: str, shown: str) -> None:
    assert tidied(written) == shown


def test_below_an_echoed_error_stands_its_cure_however_long() -> None:
    cure = "\n".join(f"rm --force /var/lib/parcels/north-{n}/left-behind.lock" for n in range(8))
    echo = "RuntimeError: counter could not be opened, shelf 7 is locked"
    shown = first(
        echo, page(1, f"```\n{echo}\n```\n\n```bash\n{cure}\n```\n\n{FILLER}", "Counter", score=0.9)
    )
    assert echo in shown
    assert "left-behind.lock" in shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("- **&lt;code&gt;** is the status", "- **\\<code>** is the status"),
        ("Use <code>&lt;path&gt;</code> or &lt;name&gt;", "Use `<path>` or \\<name>"),
        ("<pre><code>run --config &lt;path&gt;</code></pre>", "```\nrun --config <path>\n```"),
        ("a \\<b> and \\<br> stay", "a \\<b> and \\<br> stay"),
        ("one<br>two", "one\ntwo"),
    ],
)
def test_what_a_page_writes_as_characters_is_shown_and_what_it_writes_as_tags_is_not(
    written: str, shown: str
) -> None:
    assert tidied(without_html(written)).strip() == shown


def test_a_table_is_quoted_without_the_blanks_that_only_line_up_its_source() -> None:
    text = (
        "| door       | opened by                                     |\n"
        "|------------|:---------------------------------------------:|\n"
        "| cellar     | `the  small key`                              |"
    )
    assert first("What opens the cellar door?", page(1, text, "Doors")) == (
        "| door | opened by |\n|---|:---:|\n| cellar | `the  small key` |"
    )


def test_addresses_of_links_take_no_room_from_what_is_read() -> None:
    links = " ".join(f"[part {number}](https://example.org/{'long/' * 30}{number})" for number in range(4))
    text = f"The lamp is lit by hand, see {links}.\n\nThe lamp burns for nine hours."
    assert "nine hours" in first("How is the lamp lit?", page(1, text, "Lamp"))


def test_a_command_in_the_words_of_another_packager_is_not_quoted_beside_the_first() -> None:
    commands = [
        f"```sh\n{tool} create lantern@latest my-new-lantern-project\n```" for tool in ("npm", "pnpm")
    ]
    quoted = first("How do I create a lantern project?", page(1, "\n\n".join(["Run:", *commands]), "Create"))
    assert quoted.count("create lantern@latest") == 1


def test_a_second_quote_of_the_same_page_is_headed_by_its_section_alone() -> None:
    pages = [
        Excerpt(1, "Lamps", "The hall lamp burns oil and is lit at eight.", ("Lamps", "Hall"), path="l.md"),
        Excerpt(2, "Lamps", "The porch lamp burns oil and is lit at nine.", ("Lamps", "Porch"), path="l.md"),
    ]
    prompt = Prompts("When is the hall lamp and the porch lamp lit?", pages, "en").answer()
    said = "".join(Extractive().stream(prompt))
    assert "**Lamps > Hall** [1]" in said or "**Lamps > Porch** [2]" in said
    assert "**Hall** [1]" in said or "**Porch** [2]" in said


def test_of_a_long_listing_the_part_that_answers_is_quoted_in_fences_of_its_own() -> None:
    parts = "\n\n".join(f"[{key}]\nactive = true\nnote = the {key} of the house" for key in KEYS)
    listing = f"~~~ini\n{parts}\n\n[bell]\nrings = 4\n~~~"
    quoted = first("How often does the bell ring?", page(1, f"The house is set up so:\n\n{listing}", "House"))
    assert "rings = 4" in quoted
    assert quoted.count("~~~") % 2 == 0
    assert quoted.count("~~~ini") == quoted.count("~~~") // 2
    assert "[timeout]" not in quoted


@pytest.mark.parametrize("listing", ["```\n" + "x\n" * 60 + "```", "    " + "\n    ".join(["x"] * 60)])
def test_a_long_listing_without_a_blank_line_is_not_quoted(listing: str) -> None:
    assert [atom.text for atom in atoms_of(f"{listing}\n\nThe bell rings.")] == ["The bell rings."]


def test_a_long_listing_that_is_never_closed_is_taken_in_parts() -> None:
    listing = "```sh\n" + "\n\n".join(f"ring {number}" for number in range(40))
    assert all(atom.text.endswith("\n```") for atom in atoms_of(listing))


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        (
            "**Kiln 8**\n\n**The small oven cannot hold Kiln 8 yet**",
            ["**Kiln 8**", "**The small oven cannot hold Kiln 8 yet**"],
        ),
        ("**小窑还不支持八号釉。**\n\n请用五号釉。", ["**小窑还不支持八号釉。**", "请用五号釉。"]),
        (
            "**Glaze**\n\nIt melts at 1,200 degrees.\n\n**Never open it before noon**",
            ["It melts at 1,200 degrees.", "**Never open it before noon**"],
        ),
    ],
)
def test_a_line_in_bold_that_nothing_stands_below_is_said_itself(markdown: str, said: list[str]) -> None:
    assert [atom.text for atom in atoms_of(markdown)] == said


def test_the_share_that_is_asked_for_stands_before_other_numbers_of_the_same_matter() -> None:
    text = (
        "The co-op pays for the insurance of every keeper and lists 14 insurance plans for keepers.\n\n"
        "- Keepers choose an insurance in May.\n- The insurance of a keeper ends after 3 years.\n\n"
        "It contributes 85% for keepers and 40% for those who live with them."
    )
    asked = "what part of a keeper's insurance does the co-op pay"
    assert "85%" in first(asked, page(1, text + "\n\n" + FILLER, "Insurance"))


def test_an_order_is_answered_with_the_command_and_not_only_with_talk_about_it() -> None:
    talk = "Some run the lamp backwards at dawn. " + FILLER
    more = "To run the lamp backwards is useful where ships pass on both sides. " + FILLER
    code = "```\nlampctl --direction=backwards\n```"
    text = f"{talk}\n\n{more}\n\n{talk}\n\n{code}"
    shown = "".join(quoted for _, quoted in quotes("run the lamp backwards", page(1, text, "Lamp")))
    assert "lampctl --direction" in shown


@pytest.mark.parametrize(("second", "rooms"), [(False, ROOMS), (True, LOOKED_AGAIN)])
def test_where_many_places_are_as_good_more_of_them_are_shown(second: bool, rooms: Rooms) -> None:
    candidates = read_excerpts(
        "how many hours does the lamp burn",
        [page(place, f"The lamp burns {place} hours on oil of kind {place}.") for place in range(1, 9)],
        None,
    ).candidates
    level = [replace(candidate, score=9.0) for candidate in candidates]
    best = replace(level[0], score=9.5 + rooms.as_good)
    assert room_for(level, second=second) == rooms.to_choose
    assert room_for([best, *level[1:]], second=second) == rooms.sure
    assert room_for(level[:3], second=second) == rooms.sure
    assert room_for([], second=second) == rooms.sure


def test_a_price_further_down_the_page_comes_first_where_no_quote_has_one() -> None:
    talk = "The lamp of the harbour is lit at dusk, and the lamp of the harbour is cleaned on Sundays."
    top = Excerpt(1, "Harbour lamp", talk, ("Harbour lamp",), score=1.0, path="lamp.md")
    below = Excerpt(
        2,
        "Harbour lamp",
        f"4. Bring two cans. Present rates are $4.\n\n{FILLER}",
        ("Harbour lamp", "Links"),
        path="lamp.md",
    )
    other = Excerpt(3, "Bridge", "Present rates are $9.", ("Bridge",), path="bridge.md")
    assert "$4" in first("what does the lamp of the harbour cost me", top, below, other)
    assert "$4" not in first("when is the lamp of the harbour lit", top, below, other)
    assert "$9" not in first("what does the lamp of the harbour cost me", top, other)


def test_the_value_may_stand_in_the_sentence_that_announces_a_list() -> None:
    about = "You may not post everything, but what is posted on the board can be read by the whole house."
    news = "Every Thursday everyone posts news on the board:\n\n- what was done\n- what comes next\n\n"
    board = page(1, f"{about}\n\n{FILLER}", "Board", "What to post")
    day = page(2, f"{news}{FILLER}", "Board", "News")
    assert "Every Thursday" in first("which day do we post what we did on the board", board, day)


def test_who_asks_where_something_is_kept_is_shown_a_path() -> None:
    clearing = (
        f"To clear the cache of the spool, run `spool clear`. It keeps its cache until then.\n\n{FILLER}"
        f"\n\nThe cache of the spool may grow: keep an eye on how much the spool keeps in it.\n\n{FILLER}"
    )
    files = f"{FILLER}\n\nThe cache directory is found in order: `$HOME/.cache/spool` on Linux.\n\n{FILLER}"
    pages = page(1, clearing, "Spool", "Clearing the cache"), page(2, files, "Spool", "Files")
    assert ".cache/spool" in first("where does the spool keep its cache", *pages)


def test_below_the_question_that_is_asked_stands_the_whole_answer() -> None:
    told = (
        "You convert the name of a pin in two steps, and who wants to convert a pin name needs no tool.",
        "Some makers counted, others took letters, which confused many people who knew one of both by heart "
        "and now had to look up the other in a list that hung beside the door.",
        "On wood it is printed in small type. It is seen best with a lamp and a glass, held close to it, and "
        "best of all by two people together.",
        "Then say AR in front of what was counted.",
    )
    asked = page(1, "\n\n".join(told), "Questions", "How do I convert a pin name?")
    other = page(2, "The pin name is printed on the board. " * 3, "Boards", "Pins")
    assert told[-1] in first("how do I convert a pin name", asked, other)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("The lamp burns oil. It is never left. It is lit at dusk.", " … "),
        ("灯里烧的是油。有人一直看着。黄昏时点灯。", "……"),
    ],
)
def test_sentences_that_are_left_out_of_a_paragraph_leave_a_mark(text: str, mark: str) -> None:
    one, _, three = (Atom(part, "paragraph", group=1) for part in sentences(text))
    section = SectionRead(page(1, text), 1.0, 1.0)
    told = shown([Candidate(one, section, 0), Candidate(three, section, 2)])
    assert told == f"{one.text.strip()}{mark}{three.text.strip()}"


def test_items_that_are_left_out_of_a_list_leave_a_mark_and_neighbours_leave_none() -> None:
    items = [Atom(f"- {name}", "item", group=1) for name in ("oil", "wick", "glass")]
    section = SectionRead(page(1, ""), 1.0, 1.0)
    pieces = [Candidate(item, section, place) for place, item in enumerate(items)]
    assert shown([pieces[0], pieces[2]]) == "- oil\n- …\n- glass"
    assert shown(pieces) == "- oil\n- wick\n- glass"


@pytest.mark.parametrize(
    "imports",
    [
        "<?php\n\ndeclare(strict_types=1);\n\nnamespace Lamp;\n\nuse Harbour\\Oil;\nuse Harbour\\Wick;",
        'package lamp\n\nimport (\n    "context"\n    "fmt"\n\n    oil "harbour.example/oil"\n)',
        "import os\nfrom harbour import (\n    oil,\n    wick,\n)\n\n# the lamp",
        "#include <stdio.h>\n#include <lamp.h>\nusing namespace harbour;",
        "const oil = require('oil')\nimport {\n  wick,\n} from 'harbour'",
    ],
)
def test_the_imports_of_long_code_are_no_part_of_their_own(imports: str) -> None:
    body = "\n\n".join("\n".join(f"lamp.step({part}, {line})" for line in range(8)) for part in range(3))
    parts = list(parts_of_code(f"```\n{imports}\n\n{body}\n```"))
    assert len(parts) == 3
    assert parts[0].splitlines()[1] == imports.splitlines()[0]
    assert "lamp.step(0, 7)" in parts[0]
    assert "lamp.step(1, 0)" in parts[1]


def test_imports_that_leave_no_room_stay_a_part_of_their_own() -> None:
    imports = "\n".join(f"import harbour.part{number}" for number in range(20))
    body = "\n".join(f"lamp.step({line})" for line in range(9))
    first, second = parts_of_code(f"```\n{imports}\n\n{body}\n```")
    assert "lamp.step" not in first
    assert "import" not in second


@pytest.mark.parametrize(
    ("question", "shown_too"), [("how do I light it", {"near", "code"}), ("who lights it", {"near"})]
)
def test_what_scores_far_less_is_not_quoted_but_for_code_to_run(question: str, shown_too: set[str]) -> None:
    told = {
        "best": (10.0, Atom("Best of all words.", "paragraph")),
        "near": (8.6, Atom("Near it in score.", "paragraph")),
        "far": (7.5, Atom("Quite far below them.", "paragraph")),
        "code": (7.4, Atom("```\nlampctl light\n```", "code")),
    }
    candidates = tuple(
        Candidate(
            atom, SectionRead(page(number, atom.text, name), 1.0, 1.0), 0, (0.0,) * len(FEATURES), score
        )
        for number, (name, (score, atom)) in enumerate(told.items(), 1)
    )
    asked = read_question(question, lambda _: 1.0, lambda _: True)
    quoted = {quote.excerpt.heading_path[-1] for quote in quotes_of(Reading(asked, candidates, second=True))}
    assert quoted == {"best", *shown_too}
