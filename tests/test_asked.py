"""What a question asks: odd letters and many empty lines are read like any others."""

from __future__ import annotations

import pytest

from worker.finding.asked import Asked, read_question, tells_more
from worker.finding.find import names_a_fault
from worker.finding.kinds import answers_kind


def read(text: str) -> Asked:
    return read_question(text, lambda _: 1.0, lambda _: True)


@pytest.mark.parametrize("text", ["How do I log ın to harbor?", "harbor LOG İN", "ſign in", "Shut Down it"])
def test_letters_that_equal_others_only_in_another_case_are_no_fault(text: str) -> None:
    assert read(text).weights


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("why shouldnt i flush the tank", "why shouldn't i flush the tank"),
        ("the valve doesnt open", "the valve doesn't open"),
        ("I don’t want alerts", "I don't want alerts"),
        ("the dont-flush list", "the dont-flush list"),
    ],
)
def test_a_not_without_its_apostrophe_is_the_same_question(typed: str, meant: str) -> None:
    told = read(typed)
    assert told.kinds == read(meant).kinds
    assert told.weights == read(meant).weights
    assert not {"shouldn", "shouldnt", "doesn", "doesnt", "don"} & told.weights.keys()


@pytest.mark.parametrize(
    "text", ["PUMP_STALLED 啥意思", "PUMP_STALLED是什么意思", "灌溉时返回 PUMP_STALLED 是啥意思？"]
)
def test_asking_for_the_meaning_is_no_word_that_a_page_must_have(text: str) -> None:
    asked = read_beside(text, "意思", "啥意思", "什么意思")
    assert not asked.unknown
    assert "意思" not in asked.weights
    assert "pump_stalled" in asked.weights


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("the pump says no valve controller found", True),
        ("valve logs are not printed", True),
        ("port already in use", True),
        ("泵报 valve is shut", True),
        ("阀门的灯全没了", True),
        ("which valves are printed on the card", False),
        ("怎么给泵报名", False),
        ("找到阀门以后做什么", False),
    ],
)
def test_a_fault_is_told_in_many_words(question: str, fault: bool) -> None:
    assert ("trouble" in read(question).kinds) is fault


def test_kinds_are_told_at_the_beginning_of_any_line() -> None:
    assert read("hello\n\n  - when is it open").kinds == read("when is it open").kinds


@pytest.mark.parametrize("filling", ["\n", "。。。\n", " \n\t", "1\n"])
def test_many_empty_lines_cost_no_more_than_their_length(filling: str) -> None:
    assert read(f"怎么清空缓存{filling * 20_000}谢谢").about


def read_beside(text: str, *absent: str) -> Asked:
    """A question to documents that have every word but these."""
    return read_question(text, lambda word: 8.0 if word in absent else 4.0, lambda word: word not in absent)


@pytest.mark.parametrize(
    ("text", "absent", "told"),
    [
        ("温室的灌溉日志怎么导出", {"灌溉"}, {"灌溉"}),
        ("温室多久浇一次水", {"多久"}, set()),
        ("阀门打不开了", {"打不开"}, set()),
        ("how do I pair the valve with zigbeehub", {"zigbeehub"}, {"zigbeehub"}),
        ("how do I open the valve every morning", {"morn", "morning"}, set()),
        ("how do I open the valve", set(), set()),
    ],
)
def test_a_thing_that_no_page_names_stays_in_the_question(
    text: str, absent: set[str], told: set[str]
) -> None:
    asked = read_beside(text, *absent)
    assert asked.unknown == told
    assert told <= asked.weights.keys()


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("The pump lifts 90 litres.", True),
        ("It lifts 2,500 litres", True),
        ("約 40MB，约150 次", True),
        ("| flow.limit | 1000/60 |", True),
        ("three to five valves", True),
        ("between 3-5 valves", True),
        ("The pump speaks IPv4 and RS485.", False),
        ("Since v5.3.2 it is quieter.", False),
        ("It listens on 192.168.0.1.", False),
        ("1. Open the valve.", False),
        ("Released 2031-04-01, see [2].", False),
        ("See https://example.org/pumps/17/a9", False),
    ],
)
def test_digits_in_names_versions_and_addresses_are_no_amount(text: str, holds: bool) -> None:
    assert answers_kind("amount", text) is holds


@pytest.mark.parametrize(
    ("question", "kind", "answer", "other"),
    [
        ("How much memory does the valve need?", "size", "It needs 512 MB.", "It needs 90 valves."),
        ("阀门控制器要多少内存", "size", "约 150MB", "约 150 次"),
        ("日志要占多大的磁盘", "size", "占 2G 左右", "占 2 行"),
        (
            "Which version of the firmware do I need?",
            "version",
            "Firmware 5.3 or later",
            "Turn it by 90 degrees",
        ),
        ("固件要什么版本", "version", "版本 7 及以上", "转 90 度"),
        ("安装固件需要什么 Zig 版本", "version", "Zig >= 7", "转 90 度"),
        ("Which Zig and Nim versions do I need?", "version", "Zig 7 or Nim 2", "two compilers"),
        ("oldest firmware that still works", "version", "the minimum version of it is 7", "seven valves"),
        ("How big may an upload be?", "size", "up to 40 MB", "up to 40 valves"),
        ("What part of the water is lost?", "share", "about 15 % of it", "90 litres"),
        ("漏掉的水占比多少", "share", "约百分之三", "90 升"),
        ("Which port does the valve listen on?", "port", "It listens on port 7001.", "Open 12 valves"),
        (
            "Which port does the valve listen on?",
            "port",
            "--port int   port on which the valve of the tank is to listen for others (default 7001)",
            "--portHole   opens a port hole of the tank towards the side that lies in the sun (default true)",
        ),
        ("阀门用哪个端口", "port", "默认端口为 7001", "默认 12 个阀门"),
        ("Which day is the tank emptied?", "day", "every Friday", "for 12 days"),
        ("水箱星期几清空", "day", "每周五", "清空 3 次"),
        ("How many days may a parcel stay?", "span", "It stays for 12 days.", "on the day it is fetched"),
        ("how many working hours is the valve shut", "span", "for four hours", "outside opening hours, at 7"),
        ("How many paid weeks do keepers get?", "span", "6 weeks", "every week"),
        ("包裹能放几天", "span", "最多 12 天", "每天"),
        ("阀门要关多少个小时", "span", "关四个小时", "24 个阀门"),
    ],
)
def test_an_exact_value_is_no_bare_amount(question: str, kind: str, answer: str, other: str) -> None:
    kinds = read(question).kinds
    assert kind in kinds
    assert not kinds & {"amount", "time", "place"}
    assert answers_kind(kind, answer)
    assert not answers_kind(kind, other)


@pytest.mark.parametrize(
    "reason",
    [
        "The valve cannot see the pump through a wall.",
        "Both share a wire, which makes them click.",
        "两个阀门共用一根线，无法单独打开。",
        "这样才能避免水锤。",
    ],
)
def test_reasons_are_given_without_the_word_because(reason: str) -> None:
    assert "reason" in read("why does the valve click").kinds
    assert answers_kind("reason", reason)


def test_a_thing_of_the_documents_own_is_asked_for_without_their_name() -> None:
    def idf(word: str) -> float:
        return 1.5 if word == "kestrel" else 6.0

    asked = read_question("What is a valve in Kestrel?", idf, lambda _: True)
    assert asked.subject == "valve"
    assert read_question("What is a valve in Harrier?", idf, lambda _: True).subject == "valve in Harrier"


@pytest.mark.parametrize(
    ("question", "text", "tells"),
    [
        ("Which port does the valve use?", "The valve listens on port 7001.", True),
        ("Which port does the valve use?", "The valve has a port of its own.", False),
        ("阀门的端口是啥", "阀门监听 7001 端口。", True),
        ("How many days until the tank is empty?", "Count the days.", False),
        ("How many days until the tank is empty?", "After 12 days.", True),
        ("What does the pump cost?", "It costs $ 90.", True),
        ("Is the pump free, what is the fee?", "The pump is free.", False),
    ],
)
def test_a_value_that_only_the_question_has_tells_nothing_more(question: str, text: str, tells: bool) -> None:
    asked = read(question)
    values = asked.kinds & {"port", "span", "amount", "price"}
    assert values
    assert tells_more(asked, values, text) is tells


def test_a_person_is_a_name_and_not_any_two_words() -> None:
    assert answers_kind("person", "It was built by Ada Okoro.")
    assert not answers_kind("person", "It was built in two summers.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("empty the tank and refill it", False),
        ("connect a valve to the tank", True),
        ("Please run the pump backwards", True),
        ("build fails on the tank", False),
        ("open is the valve", False),
        ("import a map of the tank", True),
        ("停止水泵", True),
        ("帮我导出阀门的清单", True),
        ("启动失败的水泵", False),
        ("水泵停止", False),
    ],
)
def test_an_order_asks_how_it_is_done(text: str, told: bool) -> None:
    assert ("how" in read(text).kinds) is told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("both networks are 192.168.1.0/24, what about the collision", {"network", "collision"}),
        ("两边都是 10.0.0.0/8，冲突了怎么办", {"冲突"}),
        ("why does https://shop.corp.example:8443/login?x=1 hang", {"hang"}),
        ("dial tcp 127.0.0.1:6379: connection refused", {"dial", "connection"}),
        ("who reads mail to ada@corp.cn", {"mail"}),
    ],
)
def test_the_words_of_an_address_tell_less_than_the_matter(text: str, told: set[str]) -> None:
    weights = read(text).weights
    quoted = [weight for word, weight in weights.items() if any(sign.isdigit() for sign in word)]
    assert told <= weights.keys()
    assert all(weights[word] > weight for word in told for weight in quoted)


def test_a_question_about_an_address_alone_keeps_its_words() -> None:
    assert max(read("192.168.1.0/24?").weights.values()) == 1.0


def test_what_is_kept_from_happening_stands_for_what_is_turned_off() -> None:
    assert "disabl" in read("how do I stop it from restarting").like["stop"]
    assert "disabl" not in read("how do I stop the pump").like.get("stop", {})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the pump got 503", True),
        ("阀门报 VALVE_STUCK 错误", True),
        ("the pump fails again", False),
        ("lol 666", False),
        ("99 problems and an error", False),
    ],
)
def test_a_fault_named_by_its_code_is_told_from_talk(text: str, names: bool) -> None:
    assert names_a_fault(read(text)) is names


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("lamp 的 oil 放在哪", "放在"),
        ("灯油放在哪里", "放在"),
        ("灯油存在哪儿？", "存在"),
        ("wick 填多少", "填"),
        ("灯芯设成什么", "设"),
    ],
)
def test_where_it_is_put_and_what_is_filled_in_is_asked_by_form(text: str, form: str) -> None:
    asked = read(text)
    assert asked.weights
    assert not any(form in word or word in form for word in asked.weights)


def test_a_chinese_word_among_english_ones_is_read_in_the_language_of_the_pages() -> None:
    english = read_question("怎么给 lamp 加 wick", lambda _: 4.0, lambda word: word.isascii())
    assert english.like["加"]["add"] == 1.0
    assert not english.unknown
    both = read_question("怎么给 lamp 加 wick 灯芯", lambda _: 4.0, lambda word: word != "加")
    assert "add" not in both.like.get("加", {}), "the pages have Chinese words of the question"
