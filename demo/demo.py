"""`make demo`: the whole bot on this machine, its sample questions asked through the whole path.

Each exchange says what was expected; `--once` exits 0 only if each went so. Without it the group chat
page stays up for the newcomer to type into.
"""

from __future__ import annotations

import html
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests

from bot.config.ending import end_as_by_keyboard
from bot.config.settings import RedisSettings, Settings, load_settings
from bot.errors import ConfigError
from bot.http_session import new_session
from demo.own_documents import OwnDocuments, suggest
from demo.stack import LocalStack, Ports
from index.search.storage import read
from index.search.versions import Versions
from simulator.local import PEOPLE

FOLDER = Path("data/demo")
NOTHING_READ = "index.sources hold no readable document: "
WEB_PORT, FEISHU_PORT = 8000, 9800
ANSWER_TIMEOUT = 60.0
QUIET = 3.0
"""Seconds without a reply that count as silence."""
FRESH_CLONE = 300.0
"""A checkout at most this many seconds old when the demo is begun is a first try without a pause, whose whole
time is worth printing."""

_TAG = re.compile(r"</?\w[^<>]*>")


@dataclass(frozen=True)
class Exchange:
    """One thing said in the group and what should come of it."""

    story: str
    text: str
    expect: str
    """'answered', 'declined' or 'silence'."""
    page: str = ""
    """Path of the document that must be cited."""
    mention: bool = True
    deliveries: int = 1
    asker: str = "ou_alice"
    """Who says it; one person's questions in a row are taken as one conversation."""
    served: bool = True
    """Whether the page opens at the local Feishu; a repository's pages are at its host, if anywhere."""


EXCHANGES = (
    Exchange("a question in Chinese", "怎么让机器人重新索引文档？", "answered", "zh/commands.md"),
    Exchange("a question in English", "How much GPU memory does InternLM2 need?", "answered", "en/models.md"),
    Exchange("chit-chat that mentions the bot", "今天中午吃什么？", "declined"),
    Exchange(
        "a message that does not mention the bot", "怎么通过 ngrok 本地测试？", "silence", mention=False
    ),
    Exchange(
        "one push delivered three times",
        "How do I test locally through ngrok?",
        "answered",
        "en/local-testing.md",
        deliveries=3,
    ),
)
CHAT_EN = Exchange("chit-chat that mentions the bot", "What shall we have for lunch?", "declined")
"""In place of the Chinese one over somebody's documents that are in English."""


def run(*, once: bool, docs: str = "") -> int:
    """Shows everything; returns the exit status. `docs` is a folder or git address in place of the guide."""
    started = time.time()
    first_run = not FOLDER.exists()
    end_as_by_keyboard()
    settings = load_settings()
    ports = Ports.free(web=WEB_PORT, feishu=FEISHU_PORT)
    for wanted, taken in ((WEB_PORT, ports.web), (FEISHU_PORT, ports.feishu)):
        if taken != wanted:
            print(f"Port {wanted} is in use by another program; the demo takes {taken} instead.")
    own = OwnDocuments(docs) if docs else None
    print("Starting Redis, the local Feishu, the webhook, the worker and the indexer ...", flush=True)
    with _naming(own), _stack(settings, ports, own) as stack:
        redis = RedisSettings(url=stack.redis_url).shown
        print(f"Redis: {'its own' if stack.redis else 'the one that runs already'}, {redis}")
        print(f"Ready after {time.time() - started:.1f} s. Logs are in {stack.folder}/.\n")
        exchanges = _exchanges(stack, own.folder is not None) if own else EXCHANGES
        clock = _Started(started, first_run)
        passed = [_show(stack, one, clock if number == 0 else None) for number, one in enumerate(exchanges)]
        print(f"{sum(passed)} of {len(passed)} exchanges went as expected.")
        if not once:
            page = f"{stack.feishu.url}/simulator/"
            print(f"The group chat: {page} (in English: {page}?lang=en)")
            _stay_up()
    return 0 if passed and all(passed) else 1


@contextmanager
def _naming(own: OwnDocuments | None) -> Iterator[None]:
    """A folder that holds nothing to read is called as it was typed."""
    try:
        yield
    except ConfigError as error:
        if own is None or NOTHING_READ not in str(error):
            raise
        raise ConfigError(f"DOCS={own.place}: {str(error).replace(NOTHING_READ, '')}") from error


def _stack(settings: Settings, ports: Ports, own: OwnDocuments | None) -> LocalStack:
    published = f"http://127.0.0.1:{ports.feishu}/docs"
    guide: dict[str, Any] = {"path": "docs", "include": ["en/**/*.md", "zh/**/*.md"], "url": published}
    chosen = own.source(published) if own else guide
    experts = {"default": {"experts": ["ou_expert"]}}
    variables = {"FENNEL_INDEX__SOURCES": json.dumps([chosen]), "FENNEL_GROUPS": json.dumps(experts)}
    if own:  # the labelled examples that come with Fennel are about its guide
        variables["FENNEL_INDEX__GATE__QUESTIONS"] = "[]"
    return LocalStack(
        FOLDER.with_name(f"demo-{own.mark}") if own else FOLDER,
        settings=variables,
        redis_url=settings.redis.url,
        ports=ports,
        documents=own.folder if own else Path("docs"),
    )


def _exchanges(stack: LocalStack, served: bool) -> list[Exchange]:
    """Three questions that somebody's own documents answer, and one message that is none."""
    versions = Versions(stack.folder / "index")
    chunks = read(versions.path / versions.current()).chunks
    print(f"Looking for questions that these documents answer ({len(chunks)} passages) ...", flush=True)
    ask = partial(stack.run, "-m", "bot", "ask", "--json", "--batch", doing="asking")
    found = suggest(chunks, ask, stack.folder)
    if not found:
        print("None of the questions made from their headings was answered; ask your own on the page.\n")
    askers = cycle(("ou_alice", "ou_bob", "ou_expert"))
    asked = [
        Exchange(
            "a question about your documents", one.text, "answered", one.page, asker=asker, served=served
        )
        for one, asker in zip(found, askers, strict=False)
    ]
    chinese = 2 * sum(chunk.language == "zh" for chunk in chunks) > len(chunks)
    return [*asked, next(one for one in EXCHANGES if one.expect == "declined") if chinese else CHAT_EN]


@dataclass(frozen=True)
class _Started:
    """When the demo began, Unix seconds, and whether it never ran before in this checkout."""

    at: float
    first_run: bool


def _stay_up() -> None:
    print("Type a message there and mention the bot. Press Ctrl+C here to stop.")
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        print("\nStopping ...")


def _show(stack: LocalStack, exchange: Exchange, started: _Started | None) -> bool:
    """Says the exchange in the group, prints what came of it, returns whether that was expected."""
    asked = time.monotonic()
    message_id = stack.feishu.say(exchange.asker, exchange.text, mention_bot=exchange.mention)
    if exchange.deliveries > 1:
        stack.feishu.push(message_id, exchange.deliveries - 1)
    print(f"# {exchange.story}")
    print(f"  {PEOPLE[exchange.asker]}: {'@茴香 ' if exchange.mention else ''}{exchange.text}")
    if exchange.expect == "silence":
        time.sleep(QUIET)
        cards = stack.feishu.cards(message_id)
    else:
        stack.feishu.wait_for_card(message_id, ANSWER_TIMEOUT)
        print(f"  (the card was complete after {time.monotonic() - asked:.1f} s)")
        if exchange.deliveries > 1:
            time.sleep(QUIET)
        cards = stack.feishu.cards(message_id)
    if started:
        _print_first_answer(started)
    problem = _problem(exchange, cards)
    for card in cards:
        print("  茴香: " + _text(card).replace("\n", "\n       "))
    print(f"  {'as expected' if not problem else 'NOT as expected: ' + problem}: {exchange.expect}\n")
    return not problem


def _print_first_answer(started: _Started) -> None:
    print(f"  First answer {time.time() - started.at:.1f} s after `make demo` began to start it.")
    cloned = Path("Makefile").stat().st_mtime
    if started.first_run and started.at - cloned < FRESH_CLONE:
        print(f"  First answer {time.time() - cloned:.1f} s after the clone.")


def _problem(exchange: Exchange, cards: Sequence[dict[str, Any]]) -> str:
    """Why the cards are not what was expected; empty when they are."""
    if exchange.expect == "silence":
        return f"{len(cards)} replies" if cards else ""
    if len(cards) != 1:
        return f"{len(cards)} replies instead of one"
    body = json.dumps(cards[0], ensure_ascii=False)
    if exchange.expect == "declined":
        return "" if "http" not in body else "a declined message must not get an answer"
    if not exchange.served:
        return "" if exchange.page in unquote(body) else f"{exchange.page} is not among the sources"
    links = [link for link in map(unquote, _links(cards[0])) if f"/docs/{exchange.page}" in link]
    if not links:
        return f"no link to {exchange.page} in the card"
    return "" if _opens(links[0]) else f"the citation {links[0]} does not open"


def _links(card: Any) -> list[str]:
    """Every web address in a card: link properties and Markdown links."""
    found: list[str] = []
    if isinstance(card, dict):
        for value in card.values():
            found += _links(value)
    elif isinstance(card, list):
        for value in card:
            found += _links(value)
    elif isinstance(card, str):
        for part in card.split("http")[1:]:
            end = min((part.find(mark) for mark in ")\"' >\n" if mark in part), default=len(part))
            found.append("http" + part[:end])
    return found


def _opens(url: str) -> bool:
    try:
        with new_session() as session:
            return session.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _text(card: Any) -> str:
    """What a reader sees of a card, roughly: its texts from top to bottom, without buttons and folds."""
    texts: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("tag") in ("button", "collapsible_panel"):
                return
            if isinstance(node.get("content"), str) and node["content"].strip():
                texts.append(_readable(node["content"]))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk([card.get("header", {}), card.get("body", {})])
    return "\n".join(texts)


def _readable(markup: str) -> str:
    """Card markup as plain text: tags dropped, entities resolved."""
    return html.unescape(_TAG.sub(" ", markup.replace("<br>", "\n"))).strip()


if __name__ == "__main__":
    sys.exit(run(once="--once" in sys.argv))
