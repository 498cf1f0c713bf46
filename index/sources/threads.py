"""Issues and discussions, as GitHub and GitLab export them -> question-answer pairs. Pure.

Only what was answered is knowledge: a discussion with a chosen answer, an issue that was closed after
somebody replied. It becomes a page of its question and the answer, the maintainers' words where the export
says who they are. Names of people are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.config.fences import outside
from index.text.chinese import language_of
from index.text.document import Document

MOST_CHARACTERS = 60_000
"""Of one page: logs that are pasted into an issue have no end."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"^#{1,4}(?=\s)", re.MULTILINE)
_MAINTAINERS = ("OWNER", "MEMBER", "COLLABORATOR")
_COMMAND = re.compile(r"\s*(?:/\w+[^\n]*|\+1|👍|same here|same problem|\S{0,3})\s*", re.IGNORECASE)
"""A reply that says nothing to a later reader."""
_LABELS = {"zh": "回答", "en": "Answer"}


@dataclass(frozen=True)
class Reply:
    text: str
    by_maintainer: bool
    is_answer: bool
    own: bool
    """Of the asker."""


@dataclass(frozen=True)
class Thread:
    """One issue or discussion."""

    number: str
    title: str
    question: str
    url: str
    closed: bool
    updated_at: float
    """Unix seconds."""
    replies: tuple[Reply, ...]

    def answers(self) -> list[str]:
        """What answers it: the chosen answer, else the maintainers' replies, else those of others."""
        if chosen := [reply.text for reply in self.replies if reply.is_answer]:
            return chosen
        if not self.closed:
            return []
        said = [reply for reply in self.replies if not _COMMAND.fullmatch(reply.text)]
        maintainers = [reply.text for reply in said if reply.by_maintainer]
        return maintainers or [reply.text for reply in said if not reply.own]


def threads_in(data: object) -> Iterator[Thread]:
    """The issues and discussions of an export: a list, or an object that holds lists of them.

    `gh issue list --json ...`, GitHub's REST and GraphQL answers, GitLab's API and project exports.
    """
    if isinstance(data, Mapping):
        if _title(data):
            yield from [found] if (found := _thread(data)) else []
            return
        for value in data.values():
            if isinstance(value, list | Mapping):
                yield from threads_in(value)
    elif isinstance(data, list):
        for item in data:
            if isinstance(item, Mapping | list):
                yield from threads_in(item)


def to_document(thread: Thread, source: str) -> Document | None:
    """The page of an answered thread; None for another."""
    answers = [cleaned for answer in thread.answers() if (cleaned := clean(answer))]
    if not answers:
        return None
    question = clean(thread.question)
    language = language_of(f"{thread.title}\n{question}")
    parts = [f"# {thread.title}", question, f"## {_LABELS[language]}", *answers]
    text = "\n\n".join(part for part in parts if part)[:MOST_CHARACTERS] + "\n"
    return Document(
        source=source,
        path=thread.number,
        title=thread.title,
        text=text,
        url=thread.url,
        language=language,
        updated_at=thread.updated_at,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def clean(body: str) -> str:
    """A body without the comments of its template; its headings stand below the page's own."""
    text = _COMMENT.sub("", body.replace("\r\n", "\n")).strip()
    return outside(text, lambda prose: _HEADING.sub("####", prose))


def _title(data: Mapping[str, Any]) -> str:
    title = data.get("title")
    return " ".join(title.split())[:300] if isinstance(title, str) else ""


def _thread(data: Mapping[str, Any]) -> Thread | None:
    if "pull_request" in data or "mergeable" in data or "merge_status" in data:
        return None
    number = data.get("number", data.get("iid", data.get("id")))
    url = next((str(data[name]) for name in ("html_url", "web_url", "url") if _is_web(data.get(name))), "")
    state = str(data.get("state") or "").lower()
    kind = "discussions" if "answer" in data or "/discussions/" in url else "issues"
    asker = _author(data)
    replies = [reply for item in _replies_of(data) if (reply := _reply(item, data, asker))]
    return Thread(
        number=f"{kind}/{number if isinstance(number, int | str) else _title(data)}",
        title=_title(data),
        question=_body(data),
        url=url,
        closed=state in ("closed", "resolved") or data.get("closed") is True or bool(data.get("closed_at")),
        updated_at=_moment(data.get("updated_at") or data.get("updatedAt") or data.get("created_at")),
        replies=tuple(replies),
    )


def _replies_of(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The replies, with the replies to them; a chosen answer first."""
    answer = data.get("answer")
    if isinstance(answer, Mapping):
        yield {**answer, "isAnswer": True}
    for name in ("comments", "notes", "replies", "discussions"):
        found = data.get(name)
        listed = found.get("nodes") if isinstance(found, Mapping) else found
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, Mapping):
                yield item
                yield from _replies_of(item)


def _reply(item: Mapping[str, Any], thread: Mapping[str, Any], asker: str) -> Reply | None:
    if item.get("system") is True or not _body(item).strip():
        return None
    role = str(item.get("author_association") or item.get("authorAssociation") or "").upper()
    answer = thread.get("answer")
    chosen = isinstance(answer, Mapping) and item.get("id") is not None and item.get("id") == answer.get("id")
    if chosen and "isAnswer" not in item:
        return None  # It came first already.
    author = _author(item)
    return Reply(
        text=_body(item),
        by_maintainer=role in _MAINTAINERS,
        is_answer=item.get("isAnswer") is True,
        own=bool(author) and author == asker,
    )


def _body(data: Mapping[str, Any]) -> str:
    return next(
        (str(data[name]) for name in ("body", "description", "note") if isinstance(data.get(name), str)), ""
    )


def _author(data: Mapping[str, Any]) -> str:
    who = data.get("author") or data.get("user")
    name = (who.get("login") or who.get("username")) if isinstance(who, Mapping) else data.get("author_id")
    return str(name or "")


def _is_web(value: object) -> bool:
    """A page rather than an API's address."""
    return (
        isinstance(value, str)
        and value.startswith(("https://", "http://"))
        and "/api." not in value
        and "//api." not in value
    )


def _moment(value: object) -> float:
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else 0.0
    except ValueError:
        return 0.0


def answered(data: object, source: str) -> Iterable[Document]:
    """A document for each answered thread of an export."""
    paths: set[str] = set()
    for thread in threads_in(data):
        document = to_document(thread, source)
        if document is not None and document.path not in paths:
            paths.add(document.path)
            yield document
