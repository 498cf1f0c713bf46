"""The few exceptions that cross module borders.

Each carries what the reader needs: operators get a sentence that names the field and the fix, askers
get a sentence from `bot.messages` chosen by the class, metrics get the class name.
"""

from __future__ import annotations


class FennelError(Exception):
    """Root of everything raised on purpose."""


class ConfigError(FennelError):
    """A setting is missing, unknown or wrong. The text names the setting and what to write there."""


class UnprovenEvent(FennelError):
    """A push that does not prove it comes from Feishu: bad signature, token, age or encryption."""


class MalformedEvent(FennelError):
    """A proven push whose JSON is not what Feishu documents."""


class QueueUnavailable(FennelError):
    """Redis did not take the message in time; Feishu should push it again."""


class QueueFull(FennelError):
    """The group, or the whole bot, has too many questions waiting."""


class FeishuError(FennelError):
    """Feishu refused a call. `code` is the body's code (0 when there was no readable body).

    `retriable` says whether the same call may succeed later, `retry_after` in how many seconds (0: unknown),
    `away` which interface refuses everybody for the time being, `log_id` is what Feishu's support asks for.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        retriable: bool = False,
        retry_after: float = 0.0,
        away: str = "",
        log_id: str = "",
    ) -> None:
        super().__init__(f"Feishu error {code}: {message}" + (f" (log_id {log_id})" if log_id else ""))
        self.code = code
        self.message = message
        self.retriable = retriable
        self.retry_after = retry_after
        self.away = away
        self.log_id = log_id


class MessageGone(FeishuError):
    """The message to answer was recalled or deleted: stop, there is nobody to tell."""


class IndexMissing(FennelError):
    """No index version is published; `python -m index build` makes one."""


class IndexMismatch(FennelError):
    """The index was built by another embedder or format than the settings name."""


class IndexDamaged(IndexMismatch):
    """A version of the index on disk is not whole; `python -m index build` makes another."""


class IndexUnwritten(FennelError):
    """A new version could not be written (a full disk, no permission); the version in use stays."""


class UnknownSource(FennelError):
    """A build was asked to read a source that the settings do not name."""


class RemovalUnconfirmed(FennelError):
    """A build would remove more documents than index.max_removed allows; nothing was changed."""

    def __init__(self, message: str, *, removed: tuple[str, ...] = (), total: int = 0) -> None:
        super().__init__(message)
        self.removed = removed
        self.total = total


class IndexBusy(FennelError):
    """Another process builds the index at this moment."""


class LoadError(FennelError):
    """A document could not be read; carries its path."""


class EngineUnavailable(FennelError):
    """The model server does not answer; degraded mode takes over."""


class EngineRefused(FennelError):
    """The model server refused the request: over-long prompt, unsupported option, wrong key."""


class PromptTooLong(EngineRefused):
    """Prompt and reply do not fit the model's context: `limit` tokens, of a prompt of `told`; 0 unknown."""

    def __init__(self, message: str, *, limit: int = 0, told: int = 0) -> None:
        super().__init__(message)
        self.limit = limit
        self.told = told


class EngineSilent(EngineRefused):
    """The model ended its reply without a word of answer. `why` names the sentence that tells the asker."""

    def __init__(self, message: str, *, why: str = "engine_silent") -> None:
        super().__init__(message)
        self.why = why


class AnswerTimeout(FennelError):
    """The deadline of one answer passed."""


class QuestionTooLong(FennelError):
    """The question alone does not fit the model's context."""


class FetchRefused(FennelError):
    """A web page must not or cannot be fetched (address, size, type, robots, time)."""


class SearchUnavailable(FennelError):
    """The web search engine did not answer usefully."""


class BuildCancelled(FennelError):
    """A person stopped a build; what was embedded is kept, and the version in use stays."""


class Cancelled(FennelError):
    """The asker took the question back while it was being answered."""


class FileTooLarge(FennelError):
    """A file that somebody posted is larger than is read."""
