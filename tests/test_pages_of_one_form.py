"""Pages of one form about things of one kind: what is asked of one is not answered from another's."""

from __future__ import annotations

from worker.excerpts import Excerpt
from worker.finding.forms.beside import Page, named_in, of_others
from worker.finding.reading import read_excerpts

GATE = Page.of("s", "pumps/gate.md", "闸门泵", {"参数", "接线", "闸门泵"})
WAVE = Page.of("s", "pumps/wave.md", "Wave", {"参数", "接线", "保养"})
GUIDE = Page.of("s", "pumps/guide.md", "选型", {"预算"})
FAR = Page.of("s", "lamps/wave.md", "Lamp", {"参数", "接线"})
PAGES = {("s", f"{place}.md"): page for place, page in enumerate((GATE, WAVE, GUIDE, FAR))}


def test_a_page_of_the_same_form_about_another_thing_is_told_by_the_name_it_lacks() -> None:
    (key,) = of_others(PAGES, "闸门泵的参数填哪")
    assert key == ("s", "1.md")
    assert ("s", "0.md") in of_others(PAGES, "Wave 的参数填哪")
    assert not of_others(PAGES, "参数填哪"), "none is named"
    assert not of_others(PAGES, "闸门泵和 wave 哪个好"), "both are named"


def test_a_page_of_another_form_or_folder_is_none_beside_it() -> None:
    found = of_others(PAGES, "闸门泵的参数")
    assert ("s", "2.md") not in found
    assert ("s", "3.md") not in found


def test_names_are_found_as_words_and_chinese_ones_as_they_stand() -> None:
    names = frozenset({"飞书", "wave"})
    assert named_in("飞书的 webhook", names) == {"飞书"}
    assert named_in("waves of Wave", names) == {"wave"}
    assert named_in("microwave", names) == frozenset()


def test_the_page_of_the_thing_named_answers_though_another_has_more_of_the_question() -> None:
    def page(name: str, text: str) -> Excerpt:
        return Excerpt(0, name, text, heading_path=(name, "参数"), path=f"pumps/{name}.md", score=1.0)

    wave = page("Wave", "Webhook 填在哪：泵的 Webhook 填在参数的第一行。")
    gate = page("闸门泵", "地址填在背面。")
    read = read_excerpts("闸门泵的 Webhook 填在哪", [wave, gate], None)
    assert [one.section.excerpt.title for one in read.candidates] == ["闸门泵"]
    both = read_excerpts("Webhook 填在哪", [wave, gate], None)
    assert both.candidates[0].section.excerpt.title == "Wave"
