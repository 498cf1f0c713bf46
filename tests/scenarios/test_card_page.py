"""The life of one card in the browser: it streams, is judged, and is taken back.

The engine is a model server on this machine that stops in the middle, so that the writing can be watched, and
that ends with a sentence no document supports, so that the check can be seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demo.stack import LocalStack, Ports
from tests.browser import BROWSER_TEST, open_page
from tests.forked_python import forks
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from tests.waiting import START_LIMIT, wait_for

QUESTION = "How do I test locally through ngrok?"
REPLY = """Install ngrok and log in once: `ngrok config add-authtoken YOUR_TOKEN` [1]. In another terminal \
open the tunnel [1]:

```bash
ngrok http 8000
```

ngrok prints a line with the https address; copy it [1]. The moon is made of 4711 green cheeses [1]."""
pytestmark = BROWSER_TEST


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """Writes half of the reply, and the rest when it is told to, so that it can be seen in the middle."""
    with ModelServer(model=ScriptedModel(reply=REPLY)) as running:
        running.faults.hold_after = 12
        yield running


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, model: ModelServer, embedded_guide: Callable[[Path], Path]
) -> Iterator[LocalStack]:
    ports = Ports.free()
    sources = [{"path": "docs", "include": ["en/**/*.md"], "url": f"http://127.0.0.1:{ports.feishu}/docs"}]
    settings = {
        "FENNEL_INDEX__SOURCES": json.dumps(sources),
        "FENNEL_LLM__ENGINE": "openai",
        "FENNEL_LLM__BASE_URL": model.url,
    }
    folder = tmp_path_factory.mktemp("stack")
    embedded_guide(folder / "index")
    with forks(), LocalStack(folder, settings=settings, ports=ports) as running:
        yield running


@pytest.fixture
def page(browser: Browser, stack: LocalStack) -> Iterator[Page]:
    with open_page(browser, viewport={"width": 1280, "height": 1000}) as opened:
        opened.goto(f"{stack.feishu.url}/simulator/")
        yield opened


def thread(page: Page) -> Locator:
    return page.locator("#messages > article").filter(has_text=QUESTION).last.get_by_test_id("thread").first


def test_a_card_is_watched_while_it_is_written_judged_and_taken_back(
    page: Page, stack: LocalStack, model: ModelServer
) -> None:
    message_id = stack.feishu.say("ou_alice", QUESTION, mention_bot=True)
    card = thread(page)

    expect(card).to_contain_text("Working on it")
    wait_for(lambda: "Install ngrok" in card.inner_text() or model.one_more_piece(), limit=START_LIMIT)
    expect(card).to_contain_text("Writing the answer ...")
    expect(card).not_to_contain_text("https address")
    expect(card.get_by_text("Not helpful")).to_have_count(0)

    model.faults.hold_after = -1
    expect(card).to_contain_text("https address")
    expect(card.get_by_text("Not helpful")).to_be_visible()
    expect(card).not_to_contain_text("4711")
    expect(card).to_contain_text("1 sentence had no support")
    expect(card.locator("a[href*='/docs/en/local-testing.md']").first).to_be_visible()

    card.get_by_text("Not helpful").click()
    card.get_by_placeholder("What was wrong?").fill("The port is 9000 here")
    card.get_by_role("button", name="Send").click()
    expect(card.get_by_placeholder("What was wrong?")).to_have_count(0)
    expect(card.get_by_text("Not helpful")).to_be_visible()

    card.get_by_text("More", exact=True).click()
    expect(card).to_contain_text("👍 0 · 👎 1")
    stack.feishu.say(
        "ou_alice", "recall", mention_bot=True, reply_to=stack.feishu.cards(message_id)[0].message_id
    )
    expect(card.get_by_test_id("recalled")).to_be_visible()
    assert stack.feishu.cards(message_id) == []
