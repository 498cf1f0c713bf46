"""What `python -m bot doctor` asks of the lower floors: Feishu, the index, the engine.

Each function returns rows (check, state, detail, fix) rather than raising, so that the doctor can show all
of them. The doctor itself is worker/doctor/doctor.py and reaches these by dotted path.
"""

from __future__ import annotations

import time

from bot.config.extras import OCR, OCR_COMMAND, is_here
from bot.config.proxies import proxy_for, shown
from bot.config.settings import Settings
from bot.errors import FeishuError, IndexMismatch, IndexMissing
from bot.feishu.app_needs import LISTENING_SCOPE, READING_SCOPES, SCOPES, TABLE_SCOPES
from bot.feishu.client import Feishu
from bot.redis_keys import FOR_COMMANDS, connect
from index.build.source_states import states
from index.gate.gate import open_gate
from index.search.embed import OpenedLate
from index.search.strong import EMBEDDER, RERANKER, strong_model
from index.search.versions import open_current
from worker.doctor.engine import engine_rows
from worker.doctor.index_store import elsewhere_rows, kept_in
from worker.doctor.rows import FAILED, GOOD, WARNING, Row
from worker.finding.second_look.model import why_used

SEARCHED = {"serper": "https://google.serper.dev", "ddgs": "https://duckduckgo.com"}
ANY_PAGE = "https://www.example.org"
PATIENCE = 5.0
"""Seconds Feishu gets to answer the doctor."""
GRANT_PAGE = "{domain}/app/{app_id}/auth"


def feishu(settings: Settings) -> list[Row]:
    """Do the keys give a token, who is the bot, which scopes are missing."""
    if not settings.feishu.app_id:
        return []  # its keys' own row says so
    redis = connect(settings.redis.url, FOR_COMMANDS)
    client = Feishu(settings.feishu, redis, patience=PATIENCE, heed_outages=False)
    try:
        rows: list[Row] = [("feishu", GOOD, f"the bot is {client.bot_open_id()}", "")]
    except FeishuError as error:
        fix = "copy feishu.app_id and feishu.app_secret again; is the bot feature of the app switched on?"
        if error.code == 0 and error.retriable:
            fix = f"can this machine reach {settings.feishu.domain}? Behind a proxy set HTTPS_PROXY"
        return [("feishu", FAILED, str(error), fix)]
    try:
        return rows + _scopes(settings, client.granted_scopes())
    except FeishuError as error:
        return [
            *rows,
            ("scopes", WARNING, f"cannot be listed: {error}", "compare with docs/en/feishu-app.md"),
        ]


def _scopes(settings: Settings, granted: frozenset[str]) -> list[Row]:
    answers_all = any(group.reply_to == "all" for group in settings.groups.values())
    wanted = (*SCOPES, *((LISTENING_SCOPE,) if answers_all else ()), *_reading_scopes(settings))
    missing = [scope for scope in wanted if scope not in granted and _wider(scope) not in granted]
    if not missing:
        return [("scopes", GOOD, "all granted", "")]
    page = GRANT_PAGE.format(domain=settings.feishu.domain, app_id=settings.feishu.app_id)
    return [
        ("scopes", FAILED, f"missing: {', '.join(missing)}", f"add them at {page} and release a new version")
    ]


def _wider(scope: str) -> str:
    """What covers it: `im:message` sending, reading and recalling, `wiki:wiki` its `:readonly`."""
    return "im:message" if scope.startswith("im:message:") else scope.removesuffix(":readonly")


def _reading_scopes(settings: Settings) -> tuple[str, ...]:
    """What the Feishu sources of the index need; sheets and bases may stand on any page."""
    sources = settings.index.sources
    kinds = [kind for kind in READING_SCOPES if any(getattr(one, kind) is not None for one in sources)]
    scopes = [scope for kind in kinds for scope in READING_SCOPES[kind]]
    return tuple(dict.fromkeys([*scopes, *(TABLE_SCOPES if kinds else ())]))


def index(settings: Settings) -> list[Row]:
    """Is there an index, made by this embedder, with a gate fitted on labels; do its stores answer."""
    elsewhere = elsewhere_rows(settings)
    if any(state == FAILED for _, state, _, _ in elsewhere):
        return elsewhere
    try:
        searcher = open_current(settings, OpenedLate(settings.index.embedder))
    except (IndexMissing, IndexMismatch) as error:
        return [*elsewhere, ("index", FAILED, str(error), "run `python -m index build`")]
    gate = open_gate(settings, searcher)
    return [
        *elsewhere,
        ("index", GOOD, f"version {searcher.version}{kept_in(searcher)}", ""),
        *_sources(settings),
        *_automatic(settings),
        ("gate", GOOD, gate.model.note or gate.model.name, ""),
    ]


def _automatic(settings: Settings) -> list[Row]:
    """What `auto` takes as embedder and reranker, and why."""
    parts = (
        ("embedder", settings.index.embedder, EMBEDDER, "embedded"),
        ("reranker", settings.index.reranker, RERANKER, "none"),
    )
    rows: list[Row] = []
    for name, own, default, otherwise in parts:
        if own.engine == "auto":
            strong = strong_model(own.model, default)
            rows.append((name, GOOD, f"{strong.model if strong.place else otherwise}: {strong.why}", ""))
    return [*rows, ("second look", GOOD, why_used(settings.index.second_look), "")]


def pictures(settings: Settings) -> list[Row]:
    """Whether screenshots that people post are read; where not, the bot says so, which is no fault."""
    if is_here(OCR):
        return [("pictures", GOOD, "screenshots that people post are read (rapidocr)", "")]
    told = f"screenshots that people post are not read; `{OCR_COMMAND}` installs what reads them"
    return [("pictures", GOOD, told, "")]


def proxies(settings: Settings) -> list[Row]:
    """Which proxy each outbound address takes; model servers tell it beside their own rows."""
    places = {
        "Feishu": settings.feishu.domain,
        "the embedder": settings.index.embedder.base_url,
        "the reranker": settings.index.reranker.base_url,
    }
    if settings.web_search.engine != "none":
        places["web search"] = settings.web_search.base_url or SEARCHED.get(settings.web_search.engine, "")
        places["the pages that web search finds"] = ANY_PAGE
    places |= {
        f"the site {source.site}": str(source.site) for source in settings.index.sources if source.site
    }
    taken = {name: proxy_for(url) for name, url in places.items() if url}
    return [
        (
            "proxy",
            GOOD,
            f"{name}: {f'through {shown(proxy)}' if proxy else 'straight, no proxy'}",
            "",
        )
        for name, proxy in taken.items()
        if proxy or name == "Feishu"
    ]


def _sources(settings: Settings) -> list[Row]:
    """The sources that the last build could not read; what they held stays in the index."""
    rows: list[Row] = []
    for state in states(settings.index.dir):
        if state.fault:
            since = time.strftime("%Y-%m-%d %H:%M", time.localtime(state.read_at))
            kept = f"; its {state.documents} documents are as they were at {since}" if state.read_at else ""
            fix = "bring it back, or change index.sources, and run `python -m index build`"
            rows.append(("source", WARNING, f"{state.name or state.key}: {state.fault}{kept}", fix))
    return rows


def engine(settings: Settings) -> list[Row]:
    """Which engine serves, whether its model fits and is complete, whether it follows the scale."""
    return engine_rows(settings)
