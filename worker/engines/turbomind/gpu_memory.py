"""Will this model fit this card, with which settings, and what to change if not: arithmetic, no GPU needed.

used = weights + share x (free memory after the weights) + about 1.3 GiB for the CUDA context and workspace.
The share is LMDeploy's cache_max_entry_count: it must lie between 0 and 1 (a block count aborts the server
since 0.15) and is taken of what is free when the engine starts. With its default of 0.8 LMDeploy fills
whatever card it gets, 22 GB of 24; the share here is computed from what the questions need.
Checked against measurements on 24 GB and 80 GB cards: jishuzhan.net/article/1829890335866621954.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.config.settings import LLMSettings
from worker.engines.turbomind.model_shapes import Shape

GIB = 1 << 30
RESERVE = int(1.3 * GIB)
"""CUDA context, workspace, activations."""
HEADROOM = int(0.4 * GIB)
"""Left free, for what the driver and others take."""
LARGEST_SHARE = 0.8
PREFIX_FACTOR = 2.0
"""How many times the running questions' tokens are kept, so that groups find their material in the cache."""
LEAST_SESSIONS = 2
"""Full sessions that must fit at once for the card to be of use."""
INT8, PLAIN, AUTO = 8, 0, -1
QUANTISABLE_HEAD = 128
"""TurboMind quantises the KV cache for this head size only."""
FOUR_BIT = "llm.model: the model's AWQ 4-bit version (`lmdeploy lite auto_awq` makes one)"


@dataclass(frozen=True)
class Plan:
    """Settings for one server on one card, and what they come to. Sizes in bytes."""

    session_len: int
    quant_policy: int
    share: float
    """cache_max_entry_count."""
    max_batch_size: int
    max_prefill_tokens: int
    weights: int
    cache: int
    cache_tokens: int
    used: int
    available: int

    @property
    def fits(self) -> bool:
        """Whether the server would start and hold at least two full sessions."""
        return self.share > 0 and self.cache_tokens >= LEAST_SESSIONS * self.session_len

    def describe(self) -> str:
        """One line for the log and the doctor."""
        return (
            f"{self.used / GIB:.1f} of {self.available / GIB:.1f} GiB: weights {self.weights / GIB:.1f}, "
            f"KV cache {self.cache / GIB:.1f} ({self.cache_tokens:,} tokens, "
            f"{'int8' if self.quant_policy == INT8 else 'int4' if self.quant_policy == 4 else '16 bit'}), "
            f"context {self.session_len:,}"
        )


def plan(shape: Shape, available: int, settings: LLMSettings, concurrency: int) -> Plan:
    """The settings for `available` bytes of free GPU memory; those that are given are kept as they are."""
    session_len = settings.session_len or settings.context_tokens
    policies = [settings.quant_policy] if settings.quant_policy != AUTO else [PLAIN, INT8]
    if shape.head_size != QUANTISABLE_HEAD and settings.quant_policy == AUTO:
        policies = [PLAIN]
    plans = [_plan(shape, available, settings, concurrency, session_len, policy) for policy in policies]
    return next((one for one in plans if one.cache_tokens >= 4 * session_len), plans[-1])


def _plan(
    shape: Shape, available: int, settings: LLMSettings, concurrency: int, session_len: int, policy: int
) -> Plan:
    per_token = shape.cache_bytes_per_token(policy)
    left = available - shape.weight_bytes
    most = max(0.0, min(LARGEST_SHARE, 1 - (RESERVE + HEADROOM) / left)) if left > 0 else 0.0
    wanted = max(LEAST_SESSIONS, concurrency * PREFIX_FACTOR) * session_len * per_token
    share = settings.cache_max_entry_count or _round_up(min(most, wanted / left if left > 0 else 0.0), most)
    cache = int(share * max(left, 0))
    tokens = cache // per_token
    return Plan(
        session_len=session_len,
        quant_policy=policy,
        share=share,
        max_batch_size=settings.max_batch_size or _batch(tokens, session_len, concurrency),
        max_prefill_tokens=2048 if available < 12 * GIB else 8192,
        weights=shape.weight_bytes,
        cache=cache,
        cache_tokens=tokens,
        used=shape.weight_bytes + cache + RESERVE,
        available=available,
    )


def _round_up(share: float, most: float) -> float:
    """To hundredths, which the log shows, without passing `most`."""
    rounded = int(share * 100 + 0.999) / 100
    return rounded if rounded <= most else int(most * 100) / 100


def _batch(tokens: int, session_len: int, concurrency: int) -> int:
    """Sequences at once: what the cache holds at half a session each, between 4 and twice the questions."""
    return max(4, min(2 * concurrency, 2 * tokens // max(session_len, 1), 256))


def advice(shape: Shape, available: int, settings: LLMSettings, concurrency: int) -> list[str]:
    """What to change when `plan` does not fit, the least change first; each entry alone is enough."""
    found = []
    for words, changed_shape, changed in _changes(shape, settings):
        one = plan(changed_shape, available, changed, concurrency)
        if one.fits:
            found.append(f"{words} ({one.describe()})")
    if not found:
        least = shape.four_bit().weight_bytes + RESERVE + HEADROOM
        found.append(
            f"even with 4-bit weights it needs {least / GIB:.0f} GiB before any question: take a smaller "
            "model or a larger card, or set llm.base_url to a server elsewhere"
        )
    return found


def _changes(shape: Shape, settings: LLMSettings) -> list[tuple[str, Shape, LLMSettings]]:
    """Single changes and the usual combination, in the order to try them."""
    changes = []
    free = settings.model_copy(update={"cache_max_entry_count": 0.0})
    if settings.cache_max_entry_count:
        changes.append(("remove llm.cache_max_entry_count", shape, free))
    int8 = free.model_copy(update={"quant_policy": INT8})
    if settings.quant_policy == PLAIN and shape.head_size == QUANTISABLE_HEAD:
        changes.append(("llm.quant_policy: 8", shape, int8))
    short = int8.model_copy(update={"session_len": 4096, "context_tokens": 4096})
    if (settings.session_len or settings.context_tokens) > 4096:
        words = "llm.context_tokens: 4096 and llm.quant_policy: 8"
        changes.append((words, shape, short))
    if shape.weight_bits == 16:
        changes.append((FOUR_BIT, shape.four_bit(), free))
        changes.append((f"{FOUR_BIT} and llm.context_tokens: 4096", shape.four_bit(), short))
    return changes
