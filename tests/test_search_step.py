"""A question to excerpts of web pages, over local servers for the engine and the pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import structlog
from pydantic import SecretStr
from redis import Redis

from bot.config.settings import RedisSettings, Settings, WebSearchSettings
from bot.errors import FetchRefused, SearchUnavailable
from tests.small_web import KEY, Web
from tests.web_server import Reply, WebServer
from worker.llm import never
from worker.web.choose import open_web
from worker.web.step import PER_PAGE

FILLER = "<p>" + "Nothing of interest is said in this paragraph, which only fills the page. " * 6 + "</p>"
KV = f"""<html><head><title>KV cache</title></head><body><nav><a href="/">Home</a></nav><article>
<h1>KV cache</h1>{FILLER}<h2>Quantisation</h2>
<p>Set quant_policy to 8 and the engine stores its kv cache as int8, which halves its memory.</p>
{FILLER}</article></body></html>"""
OTHER = (
    f"<html><head><title>Cooking</title></head><body><article><h1>Soup</h1>{FILLER}</article></body></html>"
)
PLAIN = "# Notes\n\nThe kv cache int8 switch is called quant_policy.\n"


@pytest.fixture
def web(redis: Redis) -> Iterator[Web]:
    with ExitStack() as stack:
        yield Web(stack.enter_context(WebServer()), stack.enter_context(WebServer()), redis)


def test_the_part_that_answers_comes_first(web: Web) -> None:
    web.serve("/soup", Reply(OTHER.encode()))
    web.serve("/kv", Reply(KV.encode()))
    web.serve("/notes.md", Reply(PLAIN.encode(), headers={"Content-Type": "text/markdown"}))
    found = web.step().excerpts("How do I store the kv cache as int8?", "en", never)
    assert found[0].url in (f"{web.site.url}/kv", f"{web.site.url}/notes.md")
    assert "quant_policy" in found[0].text
    assert [excerpt.number for excerpt in found] == list(range(1, len(found) + 1))
    assert all(excerpt.web for excerpt in found)
    section = next(excerpt for excerpt in found if "halves" in excerpt.text)
    assert section.title == "KV cache"
    assert section.heading_path[-1] == "Quantisation"
    assert not any("Home" in excerpt.text for excerpt in found)
    assert max([excerpt.url for excerpt in found].count(url) for url in web.found) <= PER_PAGE


def test_chinese_question_and_page(web: Web) -> None:
    page = "<html lang=zh><title>安装</title><article><h1>安装</h1><p>{}</p><h2>显卡</h2><p>{}</p></article>"
    text = page.format(
        "这里介绍如何安装这个软件包，步骤很简单。" * 8, "显存不足时请把缓存比例调低到零点五。" * 4
    )
    web.serve("/zh", Reply(text.encode()))
    found = web.step().excerpts("显存不足怎么调缓存比例？", "zh", never)
    assert "缓存比例" in found[0].text
    assert found[0].language == "zh"


def test_pages_are_read_once_and_kept(web: Web) -> None:
    web.serve("/kv", Reply(KV.encode()))
    for _ in range(3):
        assert web.step().excerpts("kv cache int8", "en", never)
    assert web.asked_pages() == ["/kv"]


def test_refusals_are_kept_too(web: Web) -> None:
    web.serve("/gone", Reply(status=410))
    pages = web.step()._pages
    for _ in range(2):
        with pytest.raises(FetchRefused, match="HTTP 410"):
            pages.read(web.found[0])
    assert web.asked_pages() == ["/gone"]


@pytest.mark.slow
def test_robots_are_respected_on_every_hop(web: Web) -> None:
    robots = b"User-agent: *\nDisallow: /kv"
    web.serve("/robots.txt", Reply(robots, headers={"Content-Type": "text/plain"}), found=False)
    web.serve("/start", Reply(status=302, headers={"Location": "/kv"}))
    web.serve("/kv", Reply(KV.encode()))
    with pytest.raises(SearchUnavailable, match="none of the pages"):
        web.step().excerpts("kv cache", "en", never)
    assert web.asked_pages() == ["/start"]


@pytest.mark.slow
def test_pages_that_fail_leave_the_others(web: Web) -> None:
    web.hurried = ("/slow",)
    web.serve("/slow", Reply(b"x" * 5000, drip=0.1))
    web.serve("/error", Reply(status=500))
    web.serve("/image", Reply(b"x", headers={"Content-Type": "image/png"}))
    web.serve("/kv", Reply(KV.encode()))
    web.found.insert(0, "http://user@127.0.0.1/")
    found = web.step().excerpts("kv cache int8", "en", never)
    assert {excerpt.url for excerpt in found} == {f"{web.site.url}/kv"}


def test_only_the_settings_domains_are_asked_for_and_read(web: Web) -> None:
    web.serve("/kv", Reply(KV.encode()), found=False)
    port = web.site.server_port
    web.found = [f"http://docs.example.com:{port}/kv", f"http://example.org:{port}/kv"]
    found = web.step(domains=("example.com",)).excerpts("kv cache", "en", never)
    assert {excerpt.url for excerpt in found} == {web.found[0]}
    assert json.loads(web.engine.asked[0].body)["q"] == "kv cache site:example.com"


def test_nothing_found_is_no_failure(web: Web) -> None:
    assert web.step().excerpts("kv cache", "en", never) == []


def test_cancelled_question_reads_no_page(web: Web) -> None:
    web.serve("/kv", Reply(KV.encode()))
    assert web.step().excerpts("kv cache", "en", lambda: True) == []
    assert web.asked_pages() == []


def test_many_questions_at_once(web: Web) -> None:
    web.serve("/kv", Reply(KV.encode()))
    step = web.step()
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(step.excerpts("kv cache", "en", never))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.slow
def test_neither_key_nor_question_nor_address_is_logged(web: Web) -> None:
    web.serve("/kv", Reply(KV.encode()))
    web.serve("/secret-path", Reply(status=500))
    with structlog.testing.capture_logs() as logs:
        web.step().excerpts("a question about kv cache", "en", never)
    assert {entry["event"] for entry in logs} == {"web.searched", "web.page_refused"}
    written = repr(logs)
    assert KEY not in written
    assert "question" not in written
    assert "secret-path" not in written


def test_step_of_the_settings(redis_url: str) -> None:
    assert open_web(Settings(redis=RedisSettings(url=redis_url))) is None
    settings = Settings(
        redis=RedisSettings(url=redis_url),
        web_search=WebSearchSettings(engine="serper", api_key=SecretStr(KEY), domains=("example.com",)),
    )
    step = open_web(settings)
    assert step is not None
    assert step._pages.rules.domains == ("example.com",)


def test_pages_are_read_without_redis_too(web: Web) -> None:
    web.serve("/kv", Reply(KV.encode()))
    web.redis = Redis.from_url("redis://127.0.0.1:1/0")
    with structlog.testing.capture_logs() as logs:
        assert web.step().excerpts("kv cache int8", "en", never)
    assert "web.cache_away" in {entry["event"] for entry in logs}
