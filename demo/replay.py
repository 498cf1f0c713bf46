"""`python -m bot replay CHAT.jsonl`: a recorded group chat through the whole path.

Every row is said in a local Feishu and goes through webhook, queue, worker and card as a live message
would, over the operator's own index and settings. What comes out: the decision per message, its card,
latency, calls and tokens. Nothing leaves the machine but what the configured engine is asked.

A row is {"id"?, "text", "user"?, "mention"?, "thread"?, "reply_to"?, "label"?}; `mention`, which a row for
`bot ask --batch` calls `mentioned`, defaults to true.
The chat goes on as people's do: whoever has asked something reads the answer before the next question, so a
row waits until what the same `user` said before it has ended, and a row of a `thread`, or one that quotes
(`reply_to`), until everything has. What announces its question only ("请问一下", "I use Windows") is
followed at once, as one types. Rows of different users go on at the same time.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from bot import trace as traces
from bot.answer import Outcome
from bot.config import progress
from bot.config.faults import encodable_json, misspelt
from bot.config.settings import Settings, load_settings
from bot.errors import ConfigError
from bot.queue.queue import Queue
from bot.redis_keys import FOR_WORKERS, connect
from bot.talk.whole import is_whole
from demo.stack import LocalStack
from worker.jobs import kept_answers

POLL = 0.05
FOLDER = Path("data/replay")
"""Redis' data and the logs of the last replay: errors name them, so they stay until the next."""
WITHOUT_CARD = frozenset({"thanked", "greeted", "joined", "recalled", "told"})
"""Outcomes that need no answer's card to be what they are."""
ANSWERED = frozenset({Outcome.ANSWERED, Outcome.PARTLY, Outcome.WEB})
"""Outcomes whose card answers the question."""
ROW_TIMEOUT = 180.0
"""Seconds without any message finishing after which the replay gives up."""


@dataclass(frozen=True)
class Row:
    """One recorded message."""

    id: str
    text: str
    user: str
    mention: bool
    label: int | None
    thread: str = ""
    reply_to: str = ""


@dataclass(frozen=True)
class Replayed:
    """What came of one message."""

    id: str
    decision: str
    """answer, decline, or empty where it did not come to one."""
    outcome: str
    """That of the Trace; "silent" for a message without a reply, "ignored" for one that was not taken."""
    reason: str
    """Why it failed, such as QuestionTooLong, or why it was ignored; empty for all others."""
    answer: str
    """What the card says, Markdown; empty without a card."""
    standalone: str
    """The question as it was understood, where that is not as it was asked."""
    sources: list[dict[str, str]]
    """{"path", "title", "url"} of each cited document."""
    cards: int
    seconds: float
    """From the message to its final card or decision; 0 when it was ignored."""
    calls: int
    prompt_tokens: int
    label: int | None


FIELDS = ("id", "text", "user", "mention", "mentioned", "thread", "reply_to", "label")
_ROW = 'give one a line, such as {"id": "1", "text": "..."}'


def read(chat: Path) -> list[Row]:
    """The rows of a recording. Raises ConfigError naming the line that is wrong."""
    if not chat.is_file():
        raise ConfigError(f"{chat} does not exist; give a file of JSON lines")
    return list(_rows(chat))


def _rows(chat: Path) -> Iterator[Row]:
    try:
        lines = chat.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{chat} is not UTF-8: save it in UTF-8, one JSON object a line") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = encodable_json(line)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{chat}:{number} is not JSON; {_ROW}") from error
        if not isinstance(row, dict):
            raise ConfigError(f"{chat}:{number} is not a JSON object; {_ROW}")
        if fault := misspelt(row, FIELDS):
            raise ConfigError(f"{chat}:{number} {fault}")
        if not isinstance(row.get("text"), str):
            raise ConfigError(f"{chat}:{number} text: needs a string")
        mention = row.get("mention", row.get("mentioned", True))
        if not isinstance(mention, bool):
            raise ConfigError(f"{chat}:{number} mention: needs true or false")
        if row.get("label") not in (None, 0, 1):
            raise ConfigError(f"{chat}:{number} label: needs 0 or 1")
        yield Row(
            id=str(number if row.get("id") is None else row["id"]),
            text=row["text"],
            user=_open_id(str(row.get("user") or "ou_alice")),
            mention=mention,
            label=row.get("label"),
            thread=str(row.get("thread") or ""),
            reply_to=str(row.get("reply_to") or ""),
        )


def _open_id(name: str) -> str:
    """A name as Feishu would know somebody: itself where it may be an open_id, else one made from it."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        return name
    return f"ou_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def run(chat: Path, settings: Settings, *, as_json: bool) -> None:
    """Replays the recording and prints what came of it."""
    rows = read(chat)
    results = replay(rows, settings)
    if as_json:
        print(
            json.dumps(
                {**summary(results), "rows": [asdict(result) for result in results]}, ensure_ascii=False
            )
        )
        return
    for row, result in zip(rows, results, strict=True):
        print(
            f"{result.decision or 'ignored':9} {result.seconds:6.2f} s  {row.text[:60]!r} -> {_told(result)}"
        )
    for name, value in summary(results).items():
        print(f"{name}: {value}")


def _told(result: Replayed) -> str:
    """The outcome with its reason, and what the asker was told of a failure."""
    words = (
        f": {' '.join(result.answer.split())}" if result.outcome == Outcome.FAILED and result.answer else ""
    )
    return f"{result.outcome} ({result.reason}){words}" if result.reason else result.outcome


def replay(rows: list[Row], settings: Settings) -> list[Replayed]:
    """Says every row in a local group and waits for what comes of each."""
    lifted = {"queue_total": len(rows) + 1, "queue_per_group": len(rows) + 1}
    lifted |= {
        "questions_per_user_per_minute": len(rows) + 1,
        "questions_per_group_per_minute": len(rows) + 1,
    }
    overrides = {f"FENNEL_LIMITS__{name.upper()}": str(value) for name, value in lifted.items()}
    overrides["FENNEL_INDEX__DIR"] = str(settings.index.dir)
    shutil.rmtree(FOLDER, ignore_errors=True)
    with LocalStack(FOLDER, settings=overrides, build=False) as stack:
        redis = connect(stack.redis_url, FOR_WORKERS)
        said = _say_all(rows, stack, redis)
        pushes = [stack.feishu.wait_for_push(message_id) for message_id in said]
        if refused := [push for push in pushes if push.state != "delivered"]:
            raise ConfigError(f"the webhook refused {len(refused)} of {len(rows)} messages")
        _wait_for_all(stack, redis, len(said))
        return [_result(stack, redis, row, message_id) for row, message_id in zip(rows, said, strict=True)]


def _say_all(rows: list[Row], stack: LocalStack, redis: Redis) -> list[str]:
    """Says every row in order; what goes on from another waits until that has ended, as people do."""
    said: dict[str, str] = {}
    threads: dict[str, str] = {}
    messages: list[str] = []
    open_rows: list[Row] = []
    last: dict[str, str] = {}
    for row in rows:
        root = threads.get(row.thread, "") if row.thread else ""
        quoted = said.get(row.reply_to, "")
        if root or quoted or _goes_on_from_any(row, open_rows):
            for message_id in messages[-1:]:
                stack.feishu.wait_for_push(message_id)
            _wait_for_all(stack, redis, len(messages))
            open_rows.clear()
        elif row.user in last:  # nobody types two messages in one millisecond
            stack.feishu.wait_for_push(last[row.user])
        open_rows.append(row)
        how: dict[str, Any] = {"reply_to": quoted or root, "in_thread": bool(root)} if root or quoted else {}
        message_id = stack.feishu.say(row.user, row.text, mention_bot=row.mention, **how)
        messages.append(message_id)
        said[row.id] = last[row.user] = message_id
        if row.thread:
            threads.setdefault(row.thread, message_id)
    return messages


def _goes_on_from_any(row: Row, before: list[Row]) -> bool:
    """Whether the same person asked something whole before it and has not read the answer yet."""
    own = [one.text for one in before if one.user == row.user]
    return bool(own) and is_whole(own[-1])


def _wait_for_all(stack: LocalStack, redis: Redis, said: int) -> None:
    """Returns when the queue is empty and every card is closed. Raises ConfigError when nothing moves."""
    waiting = Queue(redis, load_settings())
    moved, seen = time.monotonic(), -1
    while depth := waiting.depth():
        unfinished = depth.waiting + depth.running
        if not unfinished:
            return
        progress.tell("answering", said - unfinished, said)
        if unfinished != seen:
            moved, seen = time.monotonic(), unfinished
        if time.monotonic() - moved > ROW_TIMEOUT:
            raise ConfigError(f"{unfinished} messages do not finish; see the worker's log")
        time.sleep(POLL)


def _result(stack: LocalStack, redis: Redis, row: Row, message_id: str) -> Replayed:
    trace = traces.read(redis, message_id) or {}
    usage = trace.get("usage") or {}
    kept = kept_answers.find(redis, message_id)
    sources = kept.answer.sources if kept else ()
    return Replayed(
        id=row.id,
        decision=str(trace.get("decision", "")),
        outcome=_outcome(trace, shown=kept is not None),
        reason=traces.why_failed(trace) or traces.reason_ignored(redis, message_id),
        answer=kept.answer.text if kept else "",
        standalone=str(trace.get("standalone", "")),
        sources=[{"path": one.path, "title": one.title, "url": one.url} for one in sources],
        cards=len(stack.feishu.cards(message_id)),
        seconds=float(trace.get("seconds", {}).get("total", 0.0)),
        calls=int(usage.get("calls", 0)),
        prompt_tokens=int(usage.get("prompt_tokens", 0)),
        label=row.label,
    )


def _outcome(trace: dict[str, Any], *, shown: bool) -> str:
    """In one word what people saw."""
    outcome = str(trace.get("outcome", ""))
    if not outcome:
        return "ignored"
    return outcome if shown or outcome in WITHOUT_CARD else "silent"


def summary(results: list[Replayed]) -> dict[str, Any]:
    """Counts, latency and cost over the recording; agreement with labels where rows have them.

    A message that was taken for a question and of which the documents say nothing is counted as not found; a
    label speaks of the taking alone.
    """
    outcomes = Counter(result.outcome for result in results)
    labelled = [result for result in results if result.label is not None]
    times = sorted(result.seconds for result in results if result.seconds)
    figures: dict[str, Any] = {
        "messages": len(results),
        "answered": sum(outcomes[outcome] for outcome in ANSWERED),
        "not_found": outcomes[Outcome.NOT_FOUND],
        "failed": outcomes[Outcome.FAILED],
        "declined": sum(result.decision == "decline" for result in results),
        "ignored": outcomes["ignored"],
        "silent": outcomes["silent"],
        "thanked": outcomes["thanked"],
        "seconds_median": round(statistics.median(times), 3) if times else 0.0,
        "seconds_worst": round(times[-1], 3) if times else 0.0,
        "calls": sum(result.calls for result in results),
        "prompt_tokens": sum(result.prompt_tokens for result in results),
    }
    if labelled:
        right = sum((result.decision == "answer") == bool(result.label) for result in labelled)
        figures["agrees_with_label"] = round(right / len(labelled), 4)
    return figures
