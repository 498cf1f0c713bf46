"""What stands in the queue: a function for each kind of job. Their dotted names are kept in queued jobs."""

from worker.jobs.entry import (
    answer,
    busy,
    command,
    feedback,
    given_up,
    greet,
    hours,
    learn,
    park,
    recall,
    reindex,
    waiting,
)

__all__ = [
    "answer",
    "busy",
    "command",
    "feedback",
    "given_up",
    "greet",
    "hours",
    "learn",
    "park",
    "recall",
    "reindex",
    "waiting",
]
