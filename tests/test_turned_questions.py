"""Questions whose answer turns on one small word: kept from happening, yes or no, and two at once."""

from __future__ import annotations

import pytest

from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.features import FEATURES
from worker.finding.find import Found
from worker.finding.kinds import answers_kind, kinds_asked
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.finding.several import apart, unanswered
from worker.pipeline.quoted import as_said, quotable
from worker.prompts import Prompts

FILLER = "The kiln is looked after by two people of the second floor, who keep its book. " * 4


def card(question: str, *sections: tuple[str, str], language: str = "en") -> list[str]:
    """The quotes for a question to a page with these headings and texts."""
    excerpts = [
        Excerpt(number, "Kiln", text, ("Kiln", heading), score=0.0, language=language)
        for number, (heading, text) in enumerate(sections, 1)
    ]
    return [text for _, text in choose(Prompts(question, excerpts, language).answer())]


@pytest.mark.parametrize(
    ("question", "off"),
    [
        ("how do I stop it from cooling down at night", True),
        ("keep the kiln from restarting", True),
        ("I don't want it to send reports", True),
        ("turn the night light off", True),
        ("can it run without restarting", True),
        ("how do I stop the server", False),
        ("how do I upgrade from 1.2", False),
        ("怎么不让它自动升级", True),
        ("不想把日志发出去，要改哪里", True),
        ("要不要重启", False),
        ("怎么关掉动画", True),
        ("以后不要了怎么卸载", False),
        ("怎么打开动画", False),
    ],
)
def test_a_question_how_to_keep_something_from_happening_is_told(question: str, off: bool) -> None:
    assert ("off" in kinds_asked(question)) == off


@pytest.mark.parametrize(
    ("question", "must"),
    [
        ("must I register the kiln?", True),
        ("do we have to keep the key private?", True),
        ("is a licence required", True),
        ("what does the kiln need", False),
        ("必须要先注册吗？", True),
        ("改了配置要重启吗", True),
        ("不用许可证行不行？", True),
        ("需要多大的内存", False),
    ],
)
def test_a_question_whether_something_must_be_is_told(question: str, must: bool) -> None:
    assert ("must" in kinds_asked(question)) == must


@pytest.mark.parametrize(
    ("question", "price"),
    [
        ("停车要交什么费", True),
        ("怎么批量消费", False),
        ("怎么减少内存浪费？", False),
        ("怎么加快消费 重试", False),
    ],
)
def test_a_word_that_ends_as_fees_do_asks_for_no_price(question: str, price: bool) -> None:
    assert ("price" in kinds_asked(question)) == price


def test_what_says_how_to_prevent_it_wins_over_what_says_how_to_do_it() -> None:
    quoted = card(
        "how do I stop the kiln from upgrading its firmware by itself?",
        (
            "Upgrading the firmware",
            "The kiln upgrades its firmware by itself, or with `kiln upgrade`.",
        ),
        (
            "Other settings",
            f"{FILLER}\n\n- `auto_upgrade`: 0 disables automatic upgrades of the firmware.",
        ),
    )
    assert "auto_upgrade" in quoted[0]


def test_it_is_the_same_in_chinese() -> None:
    quoted = card(
        "不想让窑炉自动升级固件，要改什么？",
        ("升级固件", "窑炉每周自动升级固件，也可以运行 `kiln upgrade` 升级固件。"),
        (
            "其他设置",
            f"{'窑炉由两位同事照看并登记。' * 8}\n\n- `auto_upgrade`：设为 0 可禁用自动升级固件。",
        ),
        language="zh",
    )
    assert "auto_upgrade" in quoted[0]


def test_whether_it_must_be_is_answered_and_not_how_it_is_done() -> None:
    quoted = card(
        "must I have a console to fire the kiln?",
        ("Connecting the console", "Connect the console to the kiln:\n\n```sh\nkiln console --fire\n```"),
        ("Is a console required?", "No. Each kiln is fired by itself; there is nothing in the middle."),
    )
    assert quoted[0].startswith("No.")


def test_whether_it_must_be_is_answered_in_chinese() -> None:
    quoted = card(
        "一定要用控制台吗？",
        ("接入控制台", "烧窑前接入控制台：\n\n```sh\nkiln console --fire\n```"),
        ("必须有控制台吗？", "不需要。每台窑炉都是独立的，中间没有别的东西。"),
        language="zh",
    )
    assert quoted[0].startswith("不需要")


def test_both_parts_of_a_question_stand_on_the_card() -> None:
    quoted = card(
        "which port does the kiln listen on by default, and where is its logbook kept?",
        ("Listening", f"The kiln listens on port 4711 by default. {FILLER}"),
        ("Files", f"{FILLER}\n\nIts logbook is kept in `/var/kiln/book`."),
        ("Ports of others", f"The glaze mixer listens on port 4712 by default. {FILLER}"),
    )
    whole = "\n".join(quoted)
    assert "4711" in whole
    assert "/var/kiln/book" in whole


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("how is the lamp lit and who pays the ferry", ["who pays the ferry"]),
        ("灯怎么点，渡船票多少钱？", ["渡船票多少钱"]),
        ("how is the lamp lit", []),
    ],
)
def test_a_part_of_which_the_card_says_nothing_is_named(question: str, left: list[str]) -> None:
    text = "To light the lamp, hold a match to its wick: the lamp is lit.\n\n点灯时把火柴放到灯芯上。"
    found = read_excerpts(question, [Excerpt(1, "Lamp", text, ("Lamp",))], None)
    parts = unanswered(found.asked, found.candidates)
    assert [part.strip(" ?？") for part in parts] == left


def test_the_part_that_is_left_open_is_said_below_the_last_quote() -> None:
    text = "To light the lamp, hold a match to its wick: the lamp is lit."
    excerpt = Excerpt(1, "Lamp", text, ("Lamp",))
    reading = read_excerpts("how is the lamp lit and who pays the ferry", [excerpt], None)
    found = Found(reading, tuple(quotes_of(reading)), 1.0)
    ((_, said),) = quotable(found, [excerpt], "en")
    assert said.startswith(text)
    assert "who pays the ferry" in said


def test_the_word_may_is_no_month() -> None:
    assert not answers_kind("day", "You may not subscribe to every channel; march on.")
    assert answers_kind("day", "It is due in May.")
    assert answers_kind("day", "It is due on 3rd of May.")


@pytest.mark.parametrize(
    ("question", "way", "aim"),
    [
        ("how do I turn the check off", "set `check` to `false`", "it is there to avoid mistakes"),
        ("校验怎么关掉", "把 `check` 改为关闭", "校验用来避免出错"),
    ],
)
def test_who_asks_how_to_turn_it_off_is_not_told_what_it_avoids(question: str, way: str, aim: str) -> None:
    texts = f"{aim}", f"{way}"
    excerpts = [Excerpt(number, f"Page {number}", text, ("Check",)) for number, text in enumerate(texts)]
    turned = FEATURES.index("turned_off")
    told = {one.atom.text: one.numbers[turned] for one in read_excerpts(question, excerpts, None).candidates}
    assert told[aim] == 0
    assert told[way] > 0


@pytest.mark.parametrize(
    ("question", "default"),
    [
        ("which status does the kiln send unless told otherwise", True),
        ("which colour does it take if I set none", True),
        ("what happens if we don't specify a floor", True),
        ("temperature when nothing is configured", True),
        ("which floor is heated when unset", True),
        ("which port does it use out of the box", True),
        ("不设温度会怎样", True),
        ("没写端口的话用哪个端口", True),
        ("未指定楼层时是几楼", True),
        ("how do I set the temperature", False),
        ("I set nothing wrong and it fails", False),
        ("what if I do not give notice", False),
        ("没有设置成功怎么办", False),
        ("为什么没写进文件", False),
        ("没有配置文件在哪里下载", False),
    ],
)
def test_what_holds_where_nothing_is_set_asks_for_the_default(question: str, default: bool) -> None:
    assert ("default" in kinds_asked(question)) == default


def test_what_holds_where_nothing_is_set_is_answered_with_the_default() -> None:
    texts = (
        ("Codes", f"Some kilns send a code to the bell when the door opens. {FILLER}"),
        ("Bell", f"A code for the bell is one of 3, 7 (this is the default) and 9. {FILLER}"),
    )
    excerpts = [Excerpt(n, "Kiln", text, ("Kiln", heading)) for n, (heading, text) in enumerate(texts, 1)]
    reading = read_excerpts("which code does the kiln send to the bell unless told otherwise", excerpts, None)
    assert "the default" in reading.candidates[0].atom.text


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("how do I set quant_policy?", "how do I set quant_policy"),
        ("what does *this* `x` mean [1]", r"what does \*this\* \`x\` mean (1)"),
        ("谁能看到<at id=all></at>？", r"谁能看到\<at id=all\>\</at\>"),
        ("x" * 500, "x" * 80 + "…"),
    ],
)
def test_what_is_left_open_is_said_without_its_marks(part: str, said: str) -> None:
    assert as_said(part) == said


def test_a_part_is_answered_from_pages_of_its_own() -> None:
    """The page of the second part is not among those that were read for the whole question."""
    whole = "how is the lamp lit, and how much is a ferry ticket?"
    lamp = Excerpt(1, "Lamp", "To light the lamp, hold a match to its wick: the lamp is lit.", ("Lamp",))
    fares = Excerpt(2, "Fares", "A ferry ticket is 4 euros, a return ticket 7 euros.", ("Fares",))
    reading = read_excerpts(whole, [lamp], None)
    parts = [read_excerpts(part, [lamp, fares], None) for part in apart(reading.asked)]
    assert [part.asked.text for part in parts] == ["how is the lamp lit", "how much is a ferry ticket"]
    assert "4 euros" in quotes_of(reading, parts)[-1].text
    assert len(quotes_of(reading, parts[:1])) == len(quotes_of(reading))


def test_a_part_that_means_nothing_alone_is_not_looked_up() -> None:
    reading = read_excerpts("what is the lamp and how do I light it?", [], None)
    assert apart(reading.asked) == ["what is the lamp"]
