"""Search: a question to excerpts of web pages.

The question is asked of the engine as it is (nothing from a document or a page becomes a query), the pages it
names are read at once under worker/web/fetch.py's rules, cut along their headings as documents are, and their
parts ranked by the question's words. Pages that may not or cannot be read are left out and logged.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from urllib.parse import urlsplit

import structlog

from bot.config.settings import WebSearchSettings
from bot.errors import FetchRefused, SearchUnavailable
from index.text.chinese import language_of
from index.text.document import Document
from index.text.split import Chunk, split
from index.text.terms import terms
from worker.excerpts import Excerpt, numbered
from worker.llm import IsCancelled
from worker.web.addresses import in_domains, read_url
from worker.web.engines import Result, SearchEngine
from worker.web.fetch import Rules
from worker.web.pages import Article, Pages

log = structlog.get_logger(__name__)

EXCERPTS = 8
"""Parts of pages handed on."""
PER_PAGE = 3
"""Parts of one page among them: an answer wants more than one witness."""
RANK_WEIGHT = 0.3
"""How much the engine's order counts beside the words of a part, whose best counts 1."""
CANDIDATES = 3
"""Results asked for, as a multiple of the pages wanted: some may not be read."""

OnPage = Callable[[int, int], None]
"""Gets the number of the page that is waited for, from 1, and how many are read in all."""


def ignore(number: int, total: int) -> None:
    """For callers that show no progress."""


class WebStep:
    """Finds and reads pages."""

    def __init__(self, engine: SearchEngine, pages: Pages, settings: WebSearchSettings) -> None:
        self._engine = engine
        self._pages = pages
        self._settings = settings
        self._readers = ThreadPoolExecutor(max_workers=16, thread_name_prefix="page")

    def excerpts(
        self, query: str, language: str, cancelled: IsCancelled, on_page: OnPage = ignore
    ) -> list[Excerpt]:
        """Parts of pages in order of relevance. Raises SearchUnavailable."""
        results = self._search(query, language)
        if not results or cancelled():
            return []
        articles = self._read(results[: self._settings.results], cancelled, on_page)
        if not articles:
            raise SearchUnavailable("none of the pages found could be read")
        return ranked(query, articles)

    def _search(self, query: str, language: str) -> list[Result]:
        words = " ".join(query.split())
        domains = self._settings.domains
        if domains:
            words += " " + " OR ".join(f"site:{domain}" for domain in domains[:5])
        found = self._engine.search(words, self._settings.results * CANDIDATES, language)
        usable = [result for result in found if _allowed(result.url, self._pages.rules)]
        log.info("web.searched", engine=self._engine.name, results=len(found), usable=len(usable))
        return usable

    def _read(
        self, results: list[Result], cancelled: IsCancelled, on_page: OnPage
    ) -> list[tuple[Result, Article]]:
        """The pages that could be read in time, in the engine's order."""
        waiting = {self._readers.submit(self._pages.read, result.url): result for result in results}
        deadline = time.monotonic() + self._settings.timeout + 1
        left, told = set(waiting), 0
        while left and time.monotonic() < deadline and not cancelled():
            number = len(waiting) - len(left) + 1
            if number > told:
                on_page(number, len(waiting))
                told = number
            _, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
        for late in left:
            late.cancel()
        return [(result, article) for page, result in waiting.items() if (article := _article(page, result))]


def ranked(query: str, articles: list[tuple[Result, Article]]) -> list[Excerpt]:
    """The parts of pages that share the most with the question."""
    parts = [
        (chunk, place)
        for place, (result, article) in enumerate(articles)
        for chunk in split(_document(result, article))
    ]
    if not parts:
        return []
    scores = _scores(query, [chunk for chunk, _ in parts])
    order = sorted(
        range(len(parts)),
        key=lambda number: scores[number] + RANK_WEIGHT / (1 + parts[number][1]),
        reverse=True,
    )
    kept: list[Excerpt] = []
    taken: dict[str, int] = {}
    for number in order:
        chunk = parts[number][0]
        if taken.get(chunk.path, 0) < PER_PAGE and len(kept) < EXCERPTS:
            taken[chunk.path] = taken.get(chunk.path, 0) + 1
            kept.append(_excerpt(chunk, scores[number]))
    return numbered(kept)


def _scores(query: str, chunks: list[Chunk]) -> list[float]:
    """How well each part, its headings with it, fits the question's words; the best one 1."""
    import bm25s  # and SciPy with it: only where pages were read

    words = [terms(" ".join((*chunk.heading_path, chunk.text))) or [""] for chunk in chunks]
    ranking = bm25s.BM25(method="lucene")
    ranking.index(words, show_progress=False)
    known = [word for word in terms(query) if word in ranking.vocab_dict]
    if not known:
        return [0.0] * len(chunks)
    found = ranking.get_scores(known)
    best = float(found.max()) or 1.0
    return [float(value) / best for value in found]


def _document(result: Result, article: Article) -> Document:
    text = article.text
    return Document(
        source="web",
        path=article.url,
        title=article.title or result.title or article.url,
        text=text,
        url=article.url,
        language=language_of(text),
        updated_at=0.0,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _excerpt(chunk: Chunk, score: float) -> Excerpt:
    return Excerpt(
        number=0,
        title=chunk.title,
        text=chunk.text,
        heading_path=chunk.heading_path,
        url=chunk.url.split("#")[0],
        language=chunk.language,
        score=score,
        web=True,
    )


def _article(page: Future[Article], result: Result) -> Article | None:
    """What came of reading one page; a refusal is logged with its host, not its address."""
    if not page.done() or page.cancelled():
        log.info("web.page_late", host=urlsplit(result.url).hostname)
        return None
    try:
        return page.result()
    except FetchRefused as refused:
        log.info("web.page_refused", host=urlsplit(result.url).hostname, why=str(refused))
        return None


def _allowed(url: str, rules: Rules) -> bool:
    """Whether it is worth trying; worker/web/fetch.py decides for good."""
    try:
        return in_domains(read_url(url, rules.ports).host, rules.domains)
    except FetchRefused:
        return False
