"""What people post beside words: the text is taken where it can be, and what cannot be read is named.

A file goes to a temporary file that lives only while it is read, through the index's own readers in their
process with its limits; a log or traceback becomes its error; a forwarded chat becomes its messages. Nothing
posted is kept but the question that was made of it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.config.extras import OCR, is_here
from bot.errors import FeishuError, FileTooLarge, LoadError, MalformedEvent, MessageGone
from bot.events.content import Attachment, Content, read_content
from bot.events.events import Message
from bot.messages import SENTENCES, say
from index.sources.formats import PICTURE
from index.sources.reading.messages import ReadingRequest
from index.sources.reading.reader import ReadingLimits, ReadingProcess
from worker.conversation.log_lines import essence, is_log
from worker.process.process import Process

log = structlog.get_logger(__name__)

PLAIN = re.compile(
    r"\.(txt|log|out|err|md|py|js|ts|java|go|rs|c|cc|cpp|h|sh|sql|json|ya?ml|toml|ini|cfg|conf|csv|tsv|xml|env"
    r"|diff|patch)"
)
"""Suffixes that are text as they are."""
FORMATS = frozenset({".md", ".rst", ".html", ".htm", ".pdf", ".docx", ".xlsx", ".ipynb", ".csv"})
"""Suffixes that the index's readers make text of."""
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
"""Suffixes of pictures that are posted as files."""
PICTURE_LIMITS = ReadingLimits(seconds=60.0, most_seconds=60.0, memory=3_000_000_000, wall_clock=2.0)
"""Models are loaded for each picture: about a second of the processor, and 1 GB of addresses."""
MOST_CHARACTERS = 1200
"""Of a file that are taken into a question."""
FORWARDED = 30
"""Messages of a forwarded chat that are read."""


@dataclass(frozen=True)
class Posted:
    """What was made of a message's attachments."""

    text: str = ""
    """Text to ask with; an error where it was a log."""
    error: bool = False
    """`text` is an error, and so a question by itself."""
    names: tuple[str, ...] = ()
    """What was read, as the reader knows it."""
    problem: str = ""
    """One sentence that names what could not be read; empty where everything was."""


def read_posted(process: Process, message: Message, language: str) -> Posted:
    """Reads what hangs on a message. Raises FeishuError that may pass, MessageGone, redis.RedisError."""
    texts, names, problem, error = [], [], "", False
    for attachment in message.attachments:
        what = name_of(attachment, language)
        try:
            text = _text_of(process, message, attachment)
        except _Unread as unread:
            problem = problem or _sentence(what, unread.why, language)
            continue
        error = error or is_log(text)
        texts.append((essence(text) or text) if is_log(text) else text)
        names.append(what)
    return Posted("\n".join(texts)[:MOST_CHARACTERS].strip(), error, tuple(names), problem)


class _Unread(Exception):
    """It cannot be read; `why` names a sentence, empty for what is never read."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


def name_of(attachment: Attachment, language: str) -> str:
    """What it is, in words."""
    if attachment.kind == "file":
        return say("what_file", language, file=attachment.name or "?")
    name = f"what_{attachment.kind}"
    return say(name, language) if name in SENTENCES else say("what_other", language, kind=attachment.kind)


def _sentence(what: str, why: str, language: str) -> str:
    if not why:
        return say("cannot_read", language, what=what)
    return say("cannot_read_why", language, what=what, why=say(why, language))


def _text_of(process: Process, message: Message, attachment: Attachment) -> str:
    if attachment.kind == "merge_forward":
        return _forwarded(process, message.message_id)
    if attachment.kind == "interactive":
        if message.text.strip():
            return ""
        raise _Unread
    suffix = _read_as(attachment)
    if not attachment.key or (attachment.kind != "file" and suffix != PICTURE):
        raise _Unread
    if suffix not in (*FORMATS, PICTURE) and not PLAIN.fullmatch(suffix):
        raise _Unread("why_format")
    try:
        raw = process.feishu.resource(message.message_id, attachment.key, attachment.kind)
    except FileTooLarge as error:
        raise _Unread("why_too_large") from error
    except MessageGone:
        raise
    except FeishuError as error:
        if error.retriable:
            raise
        log.warning("file_refused", message_id=message.message_id, code=error.code)
        raise _Unread("why_refused") from error
    return read_file(raw, suffix)


def _read_as(attachment: Attachment) -> str:
    """The suffix by which a file or a picture is read; empty where there is none."""
    suffix = Path(attachment.name).suffix.lower() if attachment.kind == "file" else ""
    is_picture = attachment.kind == "image" or suffix in PICTURES
    return PICTURE if is_picture and is_here(OCR) else suffix


def read_file(raw: bytes, suffix: str) -> str:
    """The text in a file. Raises _Unread."""
    limits = PICTURE_LIMITS if suffix == PICTURE else ReadingLimits(seconds=10.0, most_seconds=30.0)
    with tempfile.TemporaryDirectory() as folder, ReadingProcess(limits) as reader:
        file = Path(folder) / "posted"
        file.write_bytes(raw)
        request = ReadingRequest(
            "file",
            "posted",
            f"posted{suffix}",
            file=str(file),
            suffix=suffix if suffix in (*FORMATS, PICTURE) else ".txt",
            max_bytes=len(raw) + 1,
            seconds=limits.seconds_for(len(raw)),
        )
        try:
            answer = reader.read(request)
        except LoadError as error:
            raise _Unread("why_format") from error
    text = "\n".join(one.document.text for one in answer.loaded).strip()
    if not text:
        raise _Unread("why_no_text")
    return text


def _forwarded(process: Process, message_id: str) -> str:
    """The words of the messages inside a forwarded chat."""
    found = map(content_of, process.feishu.forwarded(message_id)[:FORWARDED])
    lines = [content.text.strip() for content in found if content is not None and content.text.strip()]
    if not lines:
        raise _Unread
    return "\n".join(lines)


def content_of(item: Mapping[str, Any]) -> Content | None:
    """What a message as im-v1/message/get gives it holds; None where it cannot be read."""
    body = item.get("body")
    content = body.get("content") if isinstance(body, dict) else None
    try:
        return read_content(str(item.get("msg_type") or ""), content if isinstance(content, str) else "")
    except MalformedEvent:
        return None
