"""What no person wrote is no text: minified code and data are left out of the index, and that is told."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from bot.config.settings import IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.gate.evidence import Evidence
from index.search.versions import open_current
from index.text.machine_text import TIGHT_LINE, without_machine_text

CHANCE = random.Random(4)
MINIFIED = ";".join(f"function a{n}(b,c){{return b.d{n}?c.e():void 0}}" for n in range(9_000))
DATA = base64.b64encode(CHANCE.randbytes(300_000)).decode()
WRAPPED = "\n".join(DATA[start : start + 76] for start in range(0, 7_600, 76))
NUMBERS = "[" + ",".join(str(n / 7) for n in range(20_000)) + "]"
PROSE = "The brew group is taken out and rinsed under warm water, then it dries for an hour. " * 200
CHINESE = "取出冲泡组件，用温水冲洗，晾干一小时后再装回去。" * 500
EXAMPLE = '{"categories":[' + ",".join(f'{{"id":{n},"name":"n{n}"}}' for n in range(200)) + "]}"


@pytest.mark.parametrize("junk", [MINIFIED, DATA, WRAPPED, NUMBERS])
def test_data_and_minified_code_are_left_out(junk: str) -> None:
    found = without_machine_text(f"# Cleaning\n\nEvery 14 days.\n{junk}\nRinse it.\n")
    assert found.text.replace("\n\n", "\n").replace("\n\n", "\n") == "# Cleaning\nEvery 14 days.\nRinse it.\n"
    assert abs(found.characters - len(junk)) <= 2
    assert str(found.characters) in found.notes[0]


@pytest.mark.parametrize("text", [PROSE, CHINESE, EXAMPLE, "", "short\n\n" * 3_000])
def test_what_people_write_stays(text: str) -> None:
    assert len(PROSE) > TIGHT_LINE < len(CHINESE)
    assert without_machine_text(text).text == text
    assert without_machine_text(text).notes == ()


def test_a_picture_in_a_line_is_cut_out_of_its_sentence() -> None:
    found = without_machine_text(f"Press ![the button](data:image/png;base64,{DATA}) twice.")
    assert found.text.startswith("Press ![the")
    assert found.text.endswith("twice.")
    assert DATA[1_000:2_000] not in found.text


@pytest.mark.slow
def test_an_index_knows_no_more_words_for_a_file_of_junk(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "coffee.md").write_text("# Coffee\n\nClean the brew group every 14 days.\n", "utf-8")
    (pages / "bundle.md").write_text(MINIFIED, "utf-8")
    (pages / "icons.md").write_text(f"# Icons\n\nThe icon of the machine:\n\n{DATA}\n", "utf-8")
    settings = Settings(index=IndexSettings(dir=tmp_path / "index", sources=(SourceSettings(path=pages),)))
    report = build(settings)
    assert report.documents == 2, "a page of nothing else holds no text"
    assert any("icons.md" in note and "data or minified code" in note for note in report.notes)
    assert any("bundle.md" in line for line in (*report.notes, *report.errors))
    searcher = open_current(settings)
    assert Evidence.build(searcher.chunks).total < 40


def test_a_long_line_in_a_script_without_spaces_and_a_list_of_long_names_stay() -> None:
    thai = "การเผาครั้งแรกใช้เวลาเจ็ดชั่วโมง" * 300
    names = "\n".join(f"HARBOR_{'X' * (60 + number)}" for number in range(40))
    assert without_machine_text(thai).text == thai
    assert without_machine_text(names).text == names
