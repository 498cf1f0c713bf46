"""An expert's reply in the thread, or /answer, becomes a question and its answer that an admin confirms.

What is confirmed is written beside the index by the indexer (index/sources/confirmed.py) and is searched by
the group that it was said in, within a minute.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot import audit
from bot.answer import Answer, Pair
from bot.cards.answer import notice_card
from bot.cards.learning import ANSWER_FIELD, QUESTION_FIELD, proposal_card
from bot.cards.parts import Card
from bot.cards.presses import Press, ProvenPress
from bot.errors import MessageGone
from bot.events.events import CardPress, Message
from bot.keeping import colleagues as kept_pairs
from bot.keeping.colleagues import LONGEST_ANSWER, LONGEST_QUESTION
from bot.messages import say
from bot.redis_keys import EXAMPLES
from index.sources.confirmed import Confirmed, source_of, write_confirmed
from worker.conversation.small_words import small_word
from worker.process.process import Process

log = structlog.get_logger(__name__)

KEY = "proposal"
"""Key of the logical send that shows a pair, beside the answer to its question."""
PRESSES = frozenset({Press.KEEP, Press.REJECT})
_SHORTEST = 6
"""Characters: less is no answer ("收到", "on it")."""
_CALLED = 3
"""Admins that a proposal mentions."""


def learn(process: Process, message: Message, question: str, asked: Answer, taken_by: str = "") -> str:
    """What an expert said in a thread that experts were called into, for a question and its answer.

    Raises FeishuError, redis.RedisError.
    """
    if not _may_propose(process, message, taken_by):
        return "not_heard"
    text = _words(process, message)
    if len(text) < _SHORTEST or text.endswith(("?", "？")) or small_word(text):
        return "no_answer"
    before = kept_pairs.find(process.redis, question)
    if before and (before.confirmed_by or before.rejected or message.message_id in before.from_messages):
        return "known"
    words = (asked.standalone or asked.question)[:LONGEST_QUESTION]
    pair = before or Pair(question, message.chat_id, words, "", "", 0.0, asked.language)
    said = f"{pair.answer}\n\n{text}" if pair.answer else text
    pair = replace(
        pair,
        answer=said[:LONGEST_ANSWER],
        by=message.sender_id,
        at=process.clock.now(),
        from_messages=(*pair.from_messages, message.message_id),
    )
    kept_pairs.propose(process.redis, pair)
    _show(process, pair)
    return "proposed"


def answer(
    process: Process, message: Message, question: str, asked: str, text: str, language: str
) -> Card | None:
    """`/answer TEXT` in reply to a message, whose id is `question` and whose words are `asked`.

    None where the pair's own card was sent, else what is wrong. Raises FeishuError, redis.RedisError.
    """
    admin = process.settings.is_admin(message.sender_id, message.chat_id)
    if not admin and message.sender_id not in process.settings.group(message.chat_id).experts:
        return _notice("answer_needs_role", language)
    if not question:
        return _notice("reply_to_message", language)
    if not text:
        return _notice("answer_needs_text", language)
    if not asked:
        return _notice("answer_no_question", language)
    pair = Pair(
        id=question,
        chat_id=message.chat_id,
        question=asked[:LONGEST_QUESTION],
        answer=text[:LONGEST_ANSWER],
        by=message.sender_id,
        at=process.clock.now(),
        language=language,
        from_messages=(message.message_id,),
    )
    if admin:
        with audit.recorded(
            process.redis, "answer", by=message.sender_id, chat_id=message.chat_id, subject=question
        ):
            pair = _confirm(process, pair, message.sender_id)
    else:
        kept_pairs.propose(process.redis, pair)
    _show(process, pair)
    return None


def press(process: Process, proven: ProvenPress, action: CardPress) -> str:
    """An admin keeps, edits or refuses a pair. Raises FeishuError, redis.RedisError."""
    pair = kept_pairs.find(process.redis, proven.message_id)
    if pair is None:
        return "too_old"
    if not process.settings.is_admin(action.operator_id, pair.chat_id):
        return "refused"
    keeps = proven.kind is Press.KEEP
    name = "keep_answer" if keeps else "reject_answer"
    by, chat = action.operator_id, pair.chat_id
    with audit.recorded(process.redis, name, by=by, chat_id=chat, subject=pair.id):
        pair = _confirm(process, _edited(pair, action.form), by) if keeps else take_out(process, pair)
    _show(process, pair, action.message_id)
    return "kept" if keeps else "rejected"


def take_out(process: Process, pair: Pair) -> Pair:
    """A pair is not to be cited, or no longer. Raises redis.RedisError."""
    was = pair.confirmed_by
    refused = kept_pairs.reject(process.redis, pair)
    if was:
        build_anew(process, pair.chat_id, pair.id)
    return refused


def build_anew(process: Process, chat_id: str, question: str) -> None:
    """Asks the indexer for this group's answers alone. Raises redis.RedisError."""
    moment = int(process.clock.now() * 1000)
    request = {"message_id": f"answers-{question}-{moment}", "by": "answers", "only": [source_of(chat_id)]}
    process.queue.submit_reindex(request)


def write_down(process: Process) -> None:
    """Writes what is confirmed to where the build reads it. Raises OSError, redis.RedisError."""
    answers: dict[str, list[Confirmed]] = defaultdict(list)
    for chat_id, pairs in kept_pairs.confirmed(process.redis).items():
        answers[chat_id] += [Confirmed(pair.question, pair.answer, pair.at) for pair in pairs]
    write_confirmed(process.settings.index.dir, answers)


def _confirm(process: Process, pair: Pair, by: str) -> Pair:
    kept = kept_pairs.confirm(process.redis, pair, by)
    row = {"text": kept.question, "label": 1, "group": kept.chat_id}
    process.redis.hset(EXAMPLES.name, kept.id, json.dumps(row, ensure_ascii=False))
    build_anew(process, kept.chat_id, kept.id)
    log.info("answer_confirmed", message_id=kept.id, chat_id=kept.chat_id)
    return kept


def _edited(pair: Pair, form: Mapping[str, object]) -> Pair:
    """The pair as it stands in the form; what is not there, or was emptied, stays."""
    question = str(form.get(QUESTION_FIELD) or "").strip()
    text = str(form.get(ANSWER_FIELD) or "").strip()
    return replace(pair, question=question or pair.question, answer=text or pair.answer)


def _show(process: Process, pair: Pair, pressed: str = "") -> None:
    """The card of a pair, sent once and then drawn anew; a press may come before its sending is noted."""
    card = proposal_card(pair, _admins(process, pair.chat_id), process.signer)
    record = process.feishu.records.get(pair.id, KEY)
    shown = (record.message_id if record else "") or pressed
    try:
        if shown:
            process.feishu.update(shown, card, key=KEY)
        else:
            process.feishu.reply(pair.id, card, key=KEY, chat_id=pair.chat_id)
    except MessageGone:
        log.info("proposal_without_question", message_id=pair.id)


def _admins(process: Process, chat_id: str) -> tuple[str, ...]:
    """Whom a proposal calls: the group's own admins, else those of all groups."""
    return (process.settings.group(chat_id).admins or process.settings.admins)[:_CALLED]


def _may_propose(process: Process, message: Message, taken_by: str) -> bool:
    own = process.settings.group(message.chat_id).experts
    return message.sender_id in (*own, taken_by) or process.settings.is_admin(
        message.sender_id, message.chat_id
    )


def _words(process: Process, message: Message) -> str:
    """What was said, without the names that it was said to."""
    text = message.text_without(process.bot_open_id() or "")
    for mention in message.mentions:
        text = text.replace(f"@{mention.name}", " ")
    return text.strip()


def _notice(sentence: str, language: str) -> Card:
    return notice_card(say("title_command", language), say(sentence, language), language, "grey")
