"""The doctor sends one question through everything, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.supervisor.redis_server import free_port
from tests.house import House
from worker.doctor.live import live

pytestmark = pytest.mark.slow


def test_one_question_goes_through_everything_and_is_taken_back(house: House) -> None:
    port = house.web.server_port
    settings = house.settings.model_copy(update={"web": house.settings.web.model_copy(update={"port": port})})
    rows = live(settings, "oc_demo")
    assert [(name, state) for name, state, *_ in rows] == [("live webhook", "good"), ("live answer", "good")]
    assert " s, by " in rows[1][2]
    house.quiet()
    assert [one for one in house.feishu.messages() if one.is_bot and not one.recalled] == []


def test_a_web_process_that_is_not_there_is_said(house: House, tmp_path: Path) -> None:
    web = house.settings.web.model_copy(update={"port": free_port()})
    rows = live(house.settings.model_copy(update={"web": web}), "oc_demo")
    assert rows[0][:2] == ("live webhook", "failed")
    assert "running" in rows[0][3]
    assert live(Settings(), "oc_demo")[0][1] == "failed"
