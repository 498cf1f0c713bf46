"""Issues and discussions as a source: from an exported JSON file, or from GitHub's or GitLab's API.

GitHub: REST for issues and their comments, GraphQL for discussions, which needs a token. GitLab: REST with a
request for each closed issue's notes. What did not change since it was read is not asked for again.
https://docs.github.com/en/rest/issues, https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from bot.config.faults import encodable_json
from bot.config.settings import Settings, SourceSettings
from bot.errors import LoadError
from bot.http_session import CONNECT_TIMEOUT, EndlessAnswer, in_words, new_session, read_whole
from index.sources.asked import Read, name_of
from index.sources.threads import answered
from worker.sources.kept import Kept
from worker.web.fetch import seconds_of

Json = dict[str, Any]
MOST_BYTES = 200_000_000
MOST_PAGES = 500
MOST_ANSWER_BYTES = 30_000_000
TIMEOUT = 30.0
ANSWER_SECONDS = 120.0
"""For a whole answer, however slowly it comes."""
_SESSION = new_session()
_DISCUSSIONS = """query($owner: String!, $name: String!, $after: String) {
 repository(owner: $owner, name: $name) { discussions(first: 50, after: $after, answered: true) {
  pageInfo { hasNextPage endCursor }
  nodes { number title body url updatedAt answer { id body } } } } }"""


def open_reader(settings: Settings) -> Callable[[SourceSettings], Iterable[Read]]:
    """A reader of issues; what it read is kept in the index folder."""
    return lambda source: read(settings, source)


def read(settings: Settings, source: SourceSettings) -> Iterator[Read]:
    """The answered threads of one source. Raises LoadError when it cannot be read as a whole."""
    place = str(source.issues)
    if "://" not in place:
        yield from answered(_exported(Path(place)), name_of(source))
        return
    parts = urlsplit(place)
    project = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in ("https", "http") or "/" not in project:
        raise LoadError(f"{place}: no address of a repository, such as https://github.com/OWNER/NAME")
    with Kept(settings.index.dir / "sources", f"issues {place}") as kept:
        token = source.token.get_secret_value()
        gitlab = "gitlab" in (parts.hostname or "")
        host = (GitLab if gitlab else GitHub)(f"{parts.scheme}://{parts.netloc}", project, token)
        for thread in host.threads(kept):
            for document in answered(thread, name_of(source)):
                yield replace(document, source=name_of(source))
        kept.forget_the_rest()


def _exported(file: Path) -> object:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise LoadError(f"{file}: larger than {MOST_BYTES // 1_000_000} MB")
        return encodable_json(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{file}: {error}; see index.sources") from error
    except (ValueError, RecursionError) as error:
        raise LoadError(f"{file}: no JSON; export it with `gh issue list --json` or over the API") from error


class _Host:
    """One project at one host. What it raises is LoadError."""

    def __init__(self, origin: str, project: str, token: str) -> None:
        self.origin = origin
        self.project = project
        self.token = token

    def headers(self) -> dict[str, str]:
        """How the token is shown."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def listed(self, url: str) -> Iterator[Json]:
        """The items of all pages from this address on; the next one is named by the Link header."""
        for _ in range(MOST_PAGES):
            answer, body = self._ask("GET", url)
            yield from (item for item in body if isinstance(item, dict)) if isinstance(body, list) else ()
            following = answer.links.get("next", {}).get("url", "")
            if not following or urlsplit(following).netloc != urlsplit(url).netloc:
                return
            url = following
        raise LoadError(f"{self.origin}/{self.project}: its list of issues does not end")

    def post(self, url: str, body: Json) -> object:
        """The JSON that is answered."""
        return self._ask("POST", url, body)[1]

    def _ask(self, method: str, url: str, body: Json | None = None) -> tuple[requests.Response, object]:
        place = f"{self.origin}/{self.project}"
        try:
            with _SESSION.request(
                method, url, json=body, headers={"Accept": "application/json", **self.headers()},
                timeout=(CONNECT_TIMEOUT, TIMEOUT), allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                if answer.status_code != 200:
                    raise LoadError(f"{place}: {_refused(answer)}")
                raw = read_whole(answer, MOST_ANSWER_BYTES, ANSWER_SECONDS)
        except EndlessAnswer as error:
            raise LoadError(f"{place}: an answer does not end: {error}") from None
        except requests.RequestException as error:
            raise LoadError(f"{place}: no answer: {in_words(error)}") from None
        try:
            return answer, encodable_json(raw)
        except (ValueError, RecursionError):
            raise LoadError(f"{place}: an answer is no JSON") from None


def _refused(answer: requests.Response) -> str:
    status = answer.status_code
    wait = seconds_of(answer.headers.get("retry-after", ""))
    spent = answer.headers.get("x-ratelimit-remaining") == "0" or status == 429 or wait is not None
    if spent and status in (403, 429, 503):
        reset = answer.headers.get("x-ratelimit-reset", "")
        seconds = max(int(reset) - int(time.time()), 0) if re.fullmatch(r"[0-9]{1,12}", reset) else 0
        seconds = int(wait) if wait is not None else seconds
        until = f"; it lets us ask again in {seconds // 60 + 1} minutes" if seconds else ""
        return f"too many calls for now{until}; a `token` raises the limit"
    if status in (401, 403):
        return f"HTTP {status}: the source's `token` is missing, wrong or may not read issues"
    if status in (301, 302, 307, 308):
        return f"HTTP {status}: it has another name or place now; write that into the source's address"
    if status == 404:
        return "HTTP 404: no such repository, or one that needs a `token`"
    return f"HTTP {status}"


class GitHub(_Host):
    """api.github.com, or the API of an Enterprise server."""

    def threads(self, kept: Kept) -> Iterator[object]:
        """Closed issues with their comments, then answered discussions."""
        base = "https://api.github.com" if self.origin == "https://github.com" else f"{self.origin}/api/v3"
        issues = f"{base}/repos/{quote(self.project)}/issues"
        for issue in self.listed(f"{issues}?state=closed&per_page=100"):
            if "pull_request" in issue or not issue.get("comments"):
                continue
            yield _kept(
                kept,
                issue,
                lambda one: list(self.listed(f"{issues}/{int(one['number'])}/comments?per_page=100")),
            )
        if self.token:
            graphql = f"{base}/graphql" if base == "https://api.github.com" else f"{self.origin}/api/graphql"
            yield from self._discussions(graphql)

    def _discussions(self, url: str) -> Iterator[object]:
        owner, _, name = self.project.partition("/")
        after = None
        for _ in range(MOST_PAGES):
            asked = {"query": _DISCUSSIONS, "variables": {"owner": owner, "name": name, "after": after}}
            found = _inside(self.post(url, asked), "data", "repository", "discussions")
            yield from _inside(found, "nodes", default=[])
            page = _inside(found, "pageInfo")
            after = page.get("endCursor") if isinstance(page, dict) and page.get("hasNextPage") else None
            if not after:
                return


class GitLab(_Host):
    """A GitLab, gitlab.com or one of your own."""

    def threads(self, kept: Kept) -> Iterator[object]:
        """Closed issues with their notes."""
        issues = f"{self.origin}/api/v4/projects/{quote(self.project, safe='')}/issues"
        for issue in self.listed(f"{issues}?state=closed&per_page=100"):
            if issue.get("user_notes_count"):
                yield _kept(
                    kept,
                    issue,
                    lambda one: list(self.listed(f"{issues}/{int(one['iid'])}/notes?per_page=100&sort=asc")),
                )


def _kept(kept: Kept, issue: Json, comments: Callable[[Json], list[Json]]) -> Json:
    """An issue with its comments, which are asked for only when it changed."""
    key, mark = str(issue.get("id") or issue.get("number")), str(issue.get("updated_at") or "")
    known = kept.find(key)
    if known is not None and mark and known[0] == mark:
        return known[1]
    try:
        whole = {**issue, "comments": comments(issue)}
    except (KeyError, TypeError, ValueError):
        return {**issue, "comments": []}
    kept.put_object(key, mark, whole)
    return whole


def _inside(data: object, *names: str, default: Any = None) -> Any:
    for name in names:
        data = data.get(name) if isinstance(data, Mapping) else None
    return default if data is None else data
