"""What a worker process loads once and its jobs share.

RQ calls jobs by dotted path, so they find the process through `current()`; everything here is safe to use
from many threads at once.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.cards.presses import PressSigner
from bot.clock import SYSTEM, Clock
from bot.config.settings import Settings
from bot.errors import ConfigError, FeishuError
from bot.feishu.client import Feishu
from bot.queue.budgets import Budgets
from bot.queue.queue import Queue, serving
from bot.redis_keys import BOT_OPEN_ID, DAY, DEGRADED, FOR_WORKERS, SERVING, WORKERS, connect
from bot.stored import decoded
from bot.talk.chosen import Chosen
from index.search.strong import EMBEDDER, strong_model
from worker.engines.choose import open_llm
from worker.engines.extractive.engine import Extractive
from worker.engines.extractive.stand_in import quoted
from worker.finding.second_look.model import second_look_of
from worker.llm import LLM
from worker.pipeline.parts import PipelineParts, Question, WebSearch
from worker.pipeline.pipeline import Pipeline
from worker.process.frames import FrameBudget
from worker.process.knowledge import RETRY, Knowledge
from worker.process.scope import scope_of
from worker.process.spans import Spans, open_spans
from worker.runner.admission import Admission
from worker.runner.lease import Leases
from worker.runner.liveness import Liveness, new_name
from worker.runner.waiting import Postpone
from worker.web.choose import open_web

log = structlog.get_logger(__name__)

LEARN_INTERVAL = 5.0
"""Seconds between attempts to learn the bot's own open_id."""
TOKEN_INTERVAL = 30.0
"""Seconds between looks whether there is a token; it is fetched when the last one has run out."""


@dataclass
class Process:
    """The shared parts of one worker process."""

    settings: Settings
    redis: Redis
    feishu: Feishu
    liveness: Liveness
    leases: Leases
    queue: Queue
    knowledge: Knowledge
    llm: LLM
    web: WebSearch | None
    signer: PressSigner | None
    admission: Admission
    """Room for questions that are searched."""
    spans: Spans | None = None
    """Writes OpenTelemetry traces, where they are wanted."""
    clock: Clock = SYSTEM
    cards: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, "card"))
    """Shows progress and text, so that no answer waits for a frame."""
    frames: FrameBudget = field(default_factory=FrameBudget)
    handing_back: threading.Event = field(default_factory=threading.Event)
    """Set when running jobs must stop and go back to their queue."""
    _bot_open_id: str | None = None

    @property
    def budgets(self) -> Budgets:
        """What people and groups may use in a day."""
        return Budgets(self.redis, self.settings.limits, self.clock)

    @property
    def keep_seconds(self) -> int:
        """How long questions, answers and Traces are kept."""
        return self.settings.privacy.keep_days * DAY

    def pipeline(self, question: Question) -> Pipeline:
        """A pipeline over what this question is answered from.

        Raises IndexMissing where no worker has an index, Postpone where another has one and this not yet.
        """
        if not self.knowledge.serving and any(serving(self.redis).values()):
            raise Postpone("another worker has an index, this one none yet", seconds=RETRY)
        scope = scope_of(
            question.text,
            self.settings,
            self.settings.group(question.chat_id).collections,
            chat_id=question.chat_id,
            known=self.knowledge.sources,
        )
        pair = self.knowledge.part(scope)
        return Pipeline(
            PipelineParts(
                self.settings,
                pair.searcher,
                pair.gate,
                self.llm,
                self.web,
                self.admission.leave,
                quoted,
                scope.version,
            )
        )

    def bot_open_id(self) -> str | None:
        """The bot's own open_id, None while nobody has learned it. Raises redis.RedisError."""
        if self._bot_open_id is None and (found := self.redis.get(BOT_OPEN_ID.name)):
            self._bot_open_id = decoded(found)
        return self._bot_open_id

    def watch_feishu(self) -> None:
        """Asks Feishu in the background who the bot is, until it says; then keeps a token, for /readyz."""
        threading.Thread(target=self._watch, name="feishu-watch", daemon=True).start()

    def _watch(self) -> None:
        known = False
        while not self.handing_back.is_set():
            try:
                if known:
                    self.feishu.check_token()
                else:
                    self._bot_open_id = self.feishu.bot_open_id()
                    known = True
            except (FeishuError, RedisError) as error:
                log.warning("feishu_unreachable", error=str(error), bot_known=known)
            self.handing_back.wait(TOKEN_INTERVAL if known else LEARN_INTERVAL)

    def each_beat(self) -> None:
        """What is due at every sign of life. Raises redis.RedisError.

        What the others must know of this worker is written again each time: a Redis that was emptied, or
        replaced by an empty one, knows it within two seconds.
        """
        self._report()
        self.leases.settle()
        self._report_engine()

    def _report(self) -> None:
        """Tells that this worker is there, from which version it answers, and who the bot is."""
        name = self.liveness.name
        with self.redis.pipeline() as pipeline:
            pipeline.set(SERVING.of(name), self.knowledge.serving, ex=SERVING.seconds)
            pipeline.sadd(WORKERS.name, name)
            if known := self._bot_open_id or self.feishu.open_id:
                pipeline.set(BOT_OPEN_ID.name, known)
            pipeline.execute()
        self._forget_the_dead()

    def _forget_the_dead(self) -> None:
        """Takes workers off the list that have not been heard of."""
        # Listed first, so that one that comes meanwhile stays.
        listed = [decoded(name) for name in self.redis.smembers(WORKERS.name)]
        alive = serving(self.redis)
        gone = [name for name in listed if name not in alive]
        if gone:
            self.redis.srem(WORKERS.name, *gone)

    def leave(self) -> None:
        """Says that this worker answers no longer. Raises redis.RedisError."""
        self.redis.delete(SERVING.of(self.liveness.name))

    def _report_engine(self) -> None:
        """Tells /readyz whether a lesser engine answers just now."""
        if self.llm.degraded:
            self.redis.set(DEGRADED.name, self.llm.degraded, ex=DEGRADED.seconds)

    def close(self) -> None:
        """Ends what was opened."""
        self.cards.shutdown(wait=False, cancel_futures=True)
        self.knowledge.stop()
        self.llm.close()
        if self.spans is not None:
            self.spans.close()


def open_process(settings: Settings, *, answers: bool = True, clock: Clock = SYSTEM) -> Process:
    """Loads everything a worker holds; `answers` False is the indexer: no index, engine or web step."""
    redis = connect(settings.redis.url, FOR_WORKERS)
    settings.lay_over(Chosen(redis))
    liveness = Liveness(redis, new_name())
    process = Process(
        settings=settings,
        redis=redis,
        feishu=Feishu(settings.feishu, redis, on_call=_count_call, on_refusal=_count_refusal, clock=clock),
        liveness=liveness,
        cards=ThreadPoolExecutor(settings.worker.concurrency, "card"),
        leases=Leases(redis, liveness),
        queue=Queue(redis, settings),
        knowledge=Knowledge(settings, redis),
        llm=open_llm(settings) if answers else Extractive(),
        web=open_web(settings) if answers else None,
        signer=signer_of(settings),
        admission=Admission(_search_width(settings)),
        spans=open_spans(settings.tracing) if answers else None,
        clock=clock,
    )
    if answers:
        # A package that is missing is told now, and the model read before somebody waits for it.
        second_look_of(settings.index.second_look, writes=process.llm.name != Extractive.name)
        process.knowledge.start()
    return process


def _search_width(settings: Settings) -> int:
    """One at a time where search is Python's own work, all at once where it waits for a server or a GPU."""
    index = settings.index
    embedded = index.embedder.engine == "embedded" or (
        index.embedder.engine == "auto" and strong_model(index.embedder.model, EMBEDDER).place is None
    )
    own = embedded and index.reranker.engine in ("none", "auto")
    return 1 if own else settings.worker.concurrency


def _count_call(call: str) -> None:
    metrics.FEISHU_CALLS.labels(call).inc()


def _count_refusal(call: str, code: int) -> None:
    metrics.FEISHU_ERRORS.labels(str(code)).inc()


_current: Process | None = None


def current() -> Process:
    """The process that runs this job. Raises ConfigError outside a worker."""
    if _current is None:
        raise ConfigError("jobs run inside `python -m worker`, which loads what they need")
    return _current


def use(process: Process | None) -> Process | None:
    """Makes `process` the one that `current` returns; returns the one that was."""
    global _current
    before, _current = _current, process
    return before


def signer_of(settings: Settings) -> PressSigner | None:
    """What signs the buttons; None, with a line in the log, without a secret."""
    try:
        return PressSigner(settings.feishu.app_secret.get_secret_value())
    except ConfigError as error:
        log.warning("no_buttons", error=str(error))
        return None
