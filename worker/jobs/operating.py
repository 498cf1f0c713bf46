"""What an admin sees and presses about the index: its sources, its versions, the build that runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot import audit
from bot.answer import ReindexProgress, SourceLine, VersionLine
from bot.cards.answer import notice_card, reindex_card, sources_card, versions_card
from bot.cards.parts import Card
from bot.cards.presses import Press, ProvenPress
from bot.config.settings import SourceSettings
from bot.errors import IndexMismatch, IndexMissing
from bot.events.events import CardPress, Message
from bot.messages import say
from bot.redis_keys import REINDEX_CANCELLED, REINDEXING
from index.build.source_states import states
from index.search.versions import Versions, publish
from index.sources.confirmed import confirmed_sources
from index.sources.load import key_of, source_name
from worker.jobs import reindexing
from worker.jobs.status import age_in_words
from worker.process.process import Process

_FORCE = frozenset({"force", "--force"})
_DRY = frozenset({"--dry-run", "--dry", "dry-run", "试运行"})


def start(process: Process, message: Message, argument: str, language: str) -> Card | None:
    """Asks the indexer for a build. None where its card was sent, else what is wrong with the words."""
    words = argument.replace("，", " ").replace(",", " ").split()
    only = [word for word in words if word.lower() not in _FORCE | _DRY]
    names = [source_name(source) for source in _all_sources(process)]
    whole = " ".join(only)
    only = [whole] if whole in names else only
    for name in only:
        if name not in names:
            text = say("no_such_source", language, wanted=name[:80], names=", ".join(names))
            return notice_card(say("title_command", language), text, language, "grey")
    waits = process.redis.exists(REINDEXING.name)
    shown = reindex_card(ReindexProgress("waiting" if waits else "loading"), language)
    sent = process.feishu.reply(message.message_id, shown, key="command", chat_id=message.chat_id)
    process.queue.submit_reindex(
        {
            "message_id": message.message_id,
            "card": sent.message_id,
            "chat_id": message.chat_id,
            "by": message.sender_id,
            "language": language,
            "force": any(word.lower() in _FORCE for word in words),
            "dry_run": any(word.lower() in _DRY for word in words),
            "only": only,
        }
    )
    return None


def sources(process: Process, language: str) -> Card:
    """The sources of the settings and what colleagues answered, each as the last builds met it."""
    known = {state.key: state for state in states(process.settings.index.dir)}
    lines = []
    for source in _all_sources(process):
        state = known.get(key_of(source))
        age = age_in_words(state.age(time.time()), language) if state and state.read_at else ""
        documents, fault = (state.documents, state.fault) if state else (0, "")
        lines.append(SourceLine(source_name(source), documents, age, fault, source.every))
    return sources_card(lines, language)


def _all_sources(process: Process) -> tuple[SourceSettings, ...]:
    own = process.settings.index
    return (*own.sources, *confirmed_sources(own.dir))


def versions(process: Process, question: str, asker: str, language: str, *, may_switch: bool) -> Card:
    """The versions, newest first, with a button on each other than the current one."""
    kept = Versions(process.settings.index.dir)
    current, lines = kept.current(), []
    for one in reversed(kept.readable()):
        use = None
        if may_switch and one.version != current and process.signer is not None:
            use = process.signer.sign(
                Press.USE_VERSION, question, asker, version=one.version, language=language
            )
        built = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.built_at))
        lines.append(
            VersionLine(
                name=one.version,
                built=built,
                documents=one.documents,
                chunks=one.chunks,
                added=one.added,
                changed=one.changed,
                removed=one.removed,
                current=one.version == current,
                use=use,
            )
        )
    return versions_card(lines, language)


def press(process: Process, proven: ProvenPress, action: CardPress) -> str:
    """A press on a card of the index. Raises FeishuError, redis.RedisError."""
    if not process.settings.is_admin(action.operator_id):
        return "refused"
    return PRESSES[proven.kind](process, proven, action)


def _confirm(process: Process, proven: ProvenPress, action: CardPress) -> str:
    return reindexing.confirm(process, proven, action.message_id, action.operator_id, action.chat_id)


def _cancel(process: Process, proven: ProvenPress, action: CardPress) -> str:
    by, chat = action.operator_id, action.chat_id
    with audit.recorded(process.redis, "cancel_reindex", by=by, chat_id=chat, subject=proven.message_id):
        process.redis.set(REINDEX_CANCELLED.of(proven.message_id), by, ex=REINDEX_CANCELLED.seconds)
    return "cancelled"


def _use(process: Process, proven: ProvenPress, action: CardPress) -> str:
    """Makes a version the current one and shows the list anew."""
    name, language = proven.extra.get("version", ""), proven.extra.get("language", "zh")
    by, chat = action.operator_id, action.chat_id
    kept = Versions(process.settings.index.dir)
    with audit.recorded(process.redis, "use_version", by=by, chat_id=chat, subject=name):
        try:
            publish(name, kept, process.redis, process.settings.index)
        except (IndexMissing, IndexMismatch):
            gone = say("no_such_version", language, version=name)
            card = notice_card(say("title_versions", language), gone, language, "grey")
            process.feishu.update(action.message_id, card, key="versions")
            return "no_such_version"
    card = versions(process, proven.message_id, proven.asker, language, may_switch=True)
    process.feishu.update(action.message_id, card, key="versions")
    return "switched"


PRESSES: dict[Press, Callable[[Process, ProvenPress, CardPress], str]] = {
    Press.REMOVE_GONE: _confirm,
    Press.CANCEL_REINDEX: _cancel,
    Press.USE_VERSION: _use,
}
"""Presses on cards that answer no question."""
