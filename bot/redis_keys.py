"""Everything this bot keeps in Redis, and the one way to connect to it.

Each key stands here once, with what it holds, who writes it, who reads it and how long it lives; no other
module spells one (tests/test_redis_keys.py). What belongs to RQ is in bot/queue/rq_layout.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis
from redis.backoff import AbstractBackoff, ExponentialBackoff, NoBackoff
from redis.retry import Retry

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
FOREVER = 0
"""The lifetime of what stays until it is deleted or written anew."""


@dataclass(frozen=True)
class Key:
    """One kind of key."""

    pattern: str
    """Its name, `{}` where the subject (a message, a person, a worker) goes."""
    holds: str
    writer: str
    """The modules that write it."""
    readers: str
    """The modules that read it; empty where only the writer does."""
    seconds: int = FOREVER
    """How long one lives after it was last written."""

    @property
    def prefix(self) -> str:
        """What stands before the subject; the whole name where there is none."""
        return self.pattern.partition("{}")[0]

    @property
    def glob(self) -> str:
        """All keys of this kind, for SCAN."""
        return self.pattern.replace("{}", "*")

    @property
    def name(self) -> str:
        """The key that has no subject. Raises ValueError for one that has."""
        if "{}" in self.pattern:
            raise ValueError(f"{self.pattern} needs a subject")
        return self.pattern

    def of(self, subject: str) -> str:
        """The key of one subject. Raises ValueError where there is none to give."""
        if "{}" not in self.pattern:
            raise ValueError(f"{self.pattern} takes no subject")
        before, _, after = self.pattern.partition("{}")
        return before + subject + after


# What the whole bot knows
BOT_OPEN_ID = Key(
    "fennel:bot:open_id",
    "the bot's own open_id",
    "bot/feishu/client",
    "bot/queue/intake, bot/web/readiness, worker/process/process",
)
SERVING = Key(
    "fennel:serving:{}",
    "name of the index version a worker answers from, empty while it has none; written at every beat",
    "worker/process/process",
    "bot/queue/queue",
    10,
)
WORKERS = Key(
    "fennel:workers", "set of the names of answering workers", "worker/process/process", "bot/queue/queue"
)
PROBE = Key("fennel:probe", "that Redis takes a write", "bot/web/readiness", "", 10)
DEGRADED = Key(
    "fennel:engine:degraded",
    "name of the sentence that says why a lesser engine answers",
    "worker/process/process",
    "bot/web/readiness",
    10,
)
INDEX_VERSION = Key("fennel:index:version", "name of the published version", "index/search/versions", "")
INDEX_CHANNEL = "fennel:index"
"""Not a key but a channel: a new version's name is published on it by and for index/search/versions.py."""
TENANT_TOKEN = Key(
    "fennel:token:{}",
    "an app's tenant token; dropped ten minutes before its end",
    "bot/feishu/token",
    "",
    2 * HOUR,
)
TOKEN_LOCK = Key("fennel:token:{}:lock", "which process fetches the token", "bot/feishu/token", "", 10)
TOKEN_PROBLEM = Key(
    "fennel:token:problem", "why Feishu gives no token", "bot/feishu/token", "bot/web/readiness", 2 * MINUTE
)
AWAY = Key(
    "fennel:feishu:away",
    "hash: interface of Feishu's that refuses everybody -> JSON: since when, why, when it is tried again",
    "bot/feishu/outage",
    "bot/away, worker/runner",
    2 * DAY,
)
AUDIT = Key("fennel:audit", "list of what admins did, newest first", "bot/audit", "")

# What comes in
SEEN = Key(
    "fennel:seen:{}",
    # Feishu pushes an event up to four more times over about 7 h 5 min; dedup must outlive that.
    "job id of what was pushed, empty where it was refused; lives twice feishu.max_event_age where longer",
    "bot/queue/submit.lua",
    "",
    12 * HOUR,
)
SLOT = Key("fennel:slot:{}", "slot and last job of a thread", "bot/queue/submit.lua", "", 7 * DAY)
SEQUENCE = Key("fennel:sequence", "number of the last job", "bot/queue/submit.lua", "")
PENDING = Key(
    "fennel:pending",
    "sorted set of unfinished jobs, by time",
    "bot/queue/submit.lua",
    "bot/queue/submit.lua, bot/queue/queue",
)
PENDING_OF = Key("fennel:pending:{}", "the same for one group", "bot/queue/submit.lua", "", SEEN.seconds)
RATE = Key("fennel:rate:{}", "messages of this minute", "bot/queue/submit.lua", "", MINUTE)
TOLD = Key("fennel:told:{}", "that somebody was told of a limit", "bot/queue/submit.lua", "", MINUTE)
CANCELLED = Key(
    "fennel:cancelled:{}",
    "that a question was taken back",
    "bot/queue/queue, worker/jobs/entry",
    "worker/jobs",
    7 * DAY,
)

REINDEX_CANCELLED = Key(
    "fennel:reindex-cancelled:{}",
    "that somebody stopped the build which this card shows",
    "worker/jobs/operating",
    "worker/jobs/reindexing",
    DAY,
)
REINDEXING = Key(
    "fennel:reindexing",
    "name of who started the build that runs",
    "worker/jobs/reindexing",
    "worker/jobs",
    30,
)

DEAD_LETTERS = Key(
    "fennel:dead_letters",
    "hash: job id -> JSON: what was given up on, why and when; the jobs are in RQ's registry of failed ones",
    "bot/queue/dead_letters",
    "",
)

BUDGET = Key(
    "fennel:budget:{}",
    "hash: questions and tokens of one day ('day:user:ou_x', 'day:group:oc_x', 'day:all:')",
    "bot/queue/budgets",
    "",
    2 * DAY,
)
BUDGET_TOLD = Key(
    "fennel:budget-told:{}", "that it was told today that a budget is used up", "bot/queue/budgets", "", DAY
)

# What a worker does
ALIVE = Key("fennel:alive:{}", "a worker's sign of life", "worker/runner", "", 6)
ATTEMPTS = Key("fennel:attempts:{}", "how often a job was begun", "worker/runner", "", DAY)
WAITING = Key(
    "fennel:waiting:{}",
    "sorted set of a queue's jobs that wait for a time, by that time",
    "worker/runner",
    "",
)
WAITING_FOR = Key(
    "fennel:waiting-for:{}",
    "sorted set of a queue's jobs that wait for an interface of Feishu's ('queue:interface'), by since when",
    "worker/runner",
    "",
)
WAITS_FOR = Key(
    "fennel:waits-for:{}", "set of the interfaces that jobs of a queue wait for", "worker/runner", ""
)
WAITING_SINCE = Key(
    "fennel:waiting-since:{}",
    "hash of a job: when it first had to wait, and how often it has",
    "worker/runner",
    "",
    7 * DAY,
)
LEASE = Key(
    "fennel:lease:{}",
    "worker and run that hold a message",
    "worker/runner",
    "worker/runner, worker/jobs",
    DAY,
)
LEASE_ASKED = Key("fennel:lease-asked:{}", "leases a worker is asked about", "worker/runner", "", MINUTE)

# What becomes of a question
TRACE = Key(
    "fennel:trace:{}",
    "JSON: why it was answered or not; the question's text is in it",
    "worker/pipeline/trace",
    "bot/trace, bot/report, index/training/labels, demo/replay",
    30 * DAY,
)
ANSWER = Key(
    "fennel:answer:{}",
    "JSON: the finished answer and the state of its card, so that a press can draw it anew",
    "worker/jobs/kept_answers",
    "",
    30 * DAY,
)
SENT = Key(
    "fennel:sent:{}",
    "hash: each logical send for a question",
    "bot/feishu/sent_record",
    "",
    30 * DAY,
)
ANSWER_OF = Key("fennel:answer_of:{}", "the question a card answers", "bot/feishu/sent_record", "", 30 * DAY)
CARD = Key(
    "fennel:card:{}",
    "hash of a sent message: its card entity's id and the sequence of its operations",
    "bot/feishu/sent_record",
    "",
    30 * DAY,
)
FEEDBACK = Key(
    "fennel:feedback:{}",
    'hash of a question: open_id -> {"kind", "reason", "at"}',
    "worker/jobs/pressing",
    "index/training/labels",
    180 * DAY,
)
EXAMPLES = Key(
    "fennel:examples",
    'hash: message id -> {"text", "label", "group"} of what an admin marked',
    "worker/jobs/commands",
    "index/training/labels",
)

# What people answered
HELP = Key(
    "fennel:help:{}",
    "the question for which experts were called into this thread (its first message, or its thread_id)",
    "bot/talk/helping",
    "bot/talk/helping",
    7 * DAY,
)
PROPOSED = Key(
    "fennel:proposed:{}",
    "JSON of a question: what somebody answered, until an admin says whether it is kept",
    "bot/keeping/colleagues",
    "",
    30 * DAY,
)
CONFIRMED = Key(
    "fennel:confirmed",
    "hash: message id of a question -> JSON: its answer by a colleague that an admin confirmed",
    "bot/keeping/colleagues",
    "",
)

CHOSEN = Key(
    "fennel:chosen",
    "hash: chat id -> JSON: the settings of the group that an admin chose from chat, by name",
    "bot/talk/chosen",
    "",
)
DIGESTED = Key(
    "fennel:digested:{}", "that a chat got a slot's digest", "worker/learning/digest", "", 60 * DAY
)

# What was said before
TALK = Key(
    "fennel:talk:{}",
    "list of JSON: the last turns of a thread, a private chat, or one person in a group",
    "bot/talk/history",
    "",
    DAY,
)
TALK_OF = Key("fennel:talk_of:{}", "set: the talks that a message is a turn of", "bot/talk/history", "", DAY)
HEARD = Key(
    "fennel:heard:{}",
    "list of JSON: who said something in a listening group in the last minutes; no words",
    "bot/talk/heard",
    "",
    10 * MINUTE,
)
MATTERS = Key(
    "fennel:matters:{}",
    "list: questions that were answered in a chat lately, newest first, by their messages",
    "worker/manners/listening",
    "",
    2 * HOUR,
)
SPOKEN = Key(
    "fennel:spoken:{}",
    "list: the languages of a chat's last questions, newest first",
    "worker/language",
    "",
    90 * DAY,
)
ASKERS = Key(
    "fennel:askers:{}", "set: who asked the bot in a thread", "bot/queue/submit.lua", "bot/talk/said", DAY
)
PARTS = Key(
    "fennel:parts:{}",
    "list of JSON: what one person said to the bot in the last seconds, until it is answered",
    "bot/queue/submit.lua",
    "worker/conversation/parts",
    MINUTE,
)
JOINED = Key(
    "fennel:joined:{}",
    "string: the later message with which a piece of a question is answered",
    "worker/jobs/understanding",
    "",
    DAY,
)
GREETED = Key(
    "fennel:greeted:{}", "that a person was greeted in private", "worker/manners/greetings", "", 180 * DAY
)
TOLD_HOURS = Key(
    "fennel:told_hours:{}", "that somebody was told the work time", "worker/manners/greetings", "", 12 * HOUR
)
IGNORED = Key(
    "fennel:ignored:{}", "JSON: why a message was ignored; no text", "bot/talk/said", "bot/trace", 3 * DAY
)

# What is asked of others
PACE = Key("fennel:pace:{}", "times of a limit's last operations", "bot/feishu/pacing", "", 2 * MINUTE)
HOLD = Key("fennel:hold:{}", "until when a limit is waited out", "bot/feishu/pacing", "", MINUTE)
PAGE = Key("fennel:page:{}", "JSON: a web page's text, by its address' hash", "worker/web", "", HOUR)
ROBOTS = Key("fennel:robots:{}", "JSON: a host's robots.txt", "worker/web", "", DAY)

EVERY = tuple(value for value in list(globals().values()) if isinstance(value, Key))


@dataclass(frozen=True)
class Patience:
    """How long a client waits for Redis before it gives up."""

    connect: float
    """Seconds to connect."""
    answer: float
    """Seconds until a command must be answered."""
    retries: int = 0
    backoff: AbstractBackoff | None = None
    check_every: int = 0
    """Seconds of silence after which a connection is tried before it is used; 0 for never."""


FOR_PUSHES = Patience(0.3, 0.4, retries=1)
"""Gives up within a second: a push that cannot be kept must be refused in time.

redis-py's own defaults retry ten times and take 46 s on a Redis that hangs; Feishu waits 3 s.
"""
FOR_WORKERS = Patience(1.0, 10.0, 3, ExponentialBackoff(cap=0.3, base=0.05), check_every=15)
"""Outlives short outages and gives up on long ones in about a second a command."""
FOR_COMMANDS = Patience(1.0, 2.0)
"""Somebody waits at a terminal."""


def connect(url: str, patience: Patience = FOR_PUSHES) -> Redis:
    """A client of the Redis at `url` (redis.url). Connects when it is first used."""
    return Redis.from_url(
        url,
        socket_connect_timeout=patience.connect,
        socket_timeout=patience.answer,
        retry=Retry(patience.backoff or NoBackoff(), patience.retries),
        health_check_interval=patience.check_every,
    )
