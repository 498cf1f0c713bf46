"""What a model server can do beyond the plain chat call, asked once per server and then relied upon.

OpenAI-compatible servers agree on little: some refuse fields they do not know, some ignore them, some cap
them, some think before they answer and have a switch for that. Each optional feature is tried once with a
request of a few tokens; what a refusal names is left out from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.engines.replies.scoring import ONE_NUMBER, TOP_LOGPROBS

NUMBER_SCHEMA = {"type": "integer", "minimum": 0, "maximum": 10}
SWITCHES: dict[str, dict[str, Any]] = {
    "template": {"chat_template_kwargs": {"enable_thinking": False}},
    "enable_thinking": {"enable_thinking": False},
    "thinking": {"thinking": {"type": "disabled"}},
    "reasoning_effort": {"reasoning_effort": "none"},
    "reasoning": {"reasoning": {"enabled": False}},
    "think": {"think": False},
}
"""How servers switch reasoning off: LMDeploy, vLLM, SGLang and llama.cpp through the chat template; DashScope
and SiliconFlow; Ark, Zhipu and DeepSeek; OpenAI, Ollama and Google; OpenRouter; Ollama's own."""


@dataclass(frozen=True)
class Features:
    """What this server accepts and how its model replies; `top_logprobs` 0: it shows no probabilities."""

    top_logprobs: int = TOP_LOGPROBS
    top_k: bool = True
    top_p: bool = True
    temperature: bool = True
    stop: bool = True
    system_role: bool = True
    streams: bool = True
    answers_whole: bool = True
    usage_in_stream: bool = True
    limit: str = "max_tokens"
    """The field that limits a reply: or 'max_completion_tokens', or '' where both are refused."""
    least_tokens: int = 1
    most_tokens: int = 0
    """The longest reply that may be asked for; 0 unknown."""
    format: str = ""
    """'regex_schema' (LMDeploy's own), 'json_schema', or ''."""
    thinks: str = ""
    """How reasoning comes: 'field', 'tags', 'closing_tag' (the chat template opens it), 'hidden' (only
    counted), 'unclear' (a long reply to a short question, without a mark), or ''."""
    thinking_off: str = ""
    """Which of SWITCHES works here."""
    no_switches: frozenset[str] = frozenset()
    """Those that were refused."""
    context_tokens: int = 0
    """The context that the server has told or shown; 0 unknown."""

    def number_format(self) -> dict[str, Any] | None:
        """The `response_format` that lets the model write only one number from 0 to 10."""
        if self.format == "regex_schema":
            return {"type": "regex_schema", "regex_schema": ONE_NUMBER}
        if self.format == "json_schema":
            return {"type": "json_schema", "json_schema": {"name": "score", "schema": NUMBER_SCHEMA}}
        return None

    @property
    def surely_thinks(self) -> bool:
        """Whether its replies come with reasoning, as far as is known for certain."""
        return self.thinks not in ("", "unclear")

    @property
    def opened(self) -> str:
        """Where a reply begins, for `ReasoningFilter`: 'no', 'yes' (inside reasoning) or 'maybe'."""
        return {"closing_tag": "yes", "unclear": "maybe"}.get(self.thinks, "no")
