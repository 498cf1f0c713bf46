"""How LMDeploy's api_server is started for one card: its command line, its environment, what its log says.

Flags are those of `lmdeploy serve api_server -h` in 0.18.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.config.settings import LLMSettings, Settings
from worker.engines.model_files import find_folder
from worker.engines.turbomind.gpu import GraphicsCard
from worker.engines.turbomind.gpu_memory import Plan, plan
from worker.engines.turbomind.model_shapes import shape_of

HOST = "127.0.0.1"
FATAL = (
    (
        re.compile(r"out of memory|cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED", re.I),
        "the card's memory is full; `python -m bot doctor` says what fits",
    ),
    (
        re.compile(
            r"Repository Not Found|is not a (valid|local)|Can't load the configuration|Cannot find", re.I
        ),
        "llm.model is neither a folder here nor a model that can be downloaded; see llm.hf_endpoint",
    ),
    (
        re.compile(r"Connection(Error| refused)|Max retries exceeded|LocalEntryNotFound|timed out", re.I),
        "the model cannot be downloaded; set llm.hf_endpoint or llm.use_modelscope, or give a local path",
    ),
    (re.compile(r"address already in use", re.I), "llm.port is taken by another program"),
    (
        re.compile(r"no kernel image|driver version is insufficient|libcu\w{1,40}\.so", re.I),
        "the NVIDIA driver or CUDA libraries do not suit lmdeploy's wheel (CUDA 12.8)",
    ),
    (re.compile(r"No space left on device", re.I), "the disk is full"),
)
_STAGES = re.compile(r"(Fetching \d+ files:\s*\d+%|Loading[^\r\n]{0,40}?\d+%|Convert[^\r\n]{0,40}?\d+%)")


@dataclass(frozen=True)
class ServerPlan:
    """One server: which card, where it listens, with which settings."""

    card: GraphicsCard
    port: int
    memory: Plan | None
    """None for a model of unknown size: LMDeploy's own defaults but half the free memory."""

    @property
    def url(self) -> str:
        """Its base URL with /v1."""
        return f"http://{HOST}:{self.port}/v1"


def server_plans(settings: Settings, cards: tuple[GraphicsCard, ...]) -> tuple[ServerPlan, ...]:
    """One server per card, on consecutive ports from llm.port."""
    llm = settings.llm
    shape = shape_of(llm.model, find_folder(llm.model, modelscope=llm.use_modelscope))
    return tuple(
        ServerPlan(
            card,
            llm.port + number,
            plan(shape, card.free_bytes, llm, settings.worker.concurrency) if shape else None,
        )
        for number, card in enumerate(cards)
    )


def command(settings: LLMSettings, server: ServerPlan, transformers: str = "") -> list[str]:
    """The command line. `transformers` is that package's version, '' for the installed one."""
    program = shutil.which("lmdeploy") or str(Path(sys.executable).with_name("lmdeploy"))
    line = [program, "serve", "api_server", settings.model, "--backend", "turbomind"]
    line += ["--server-name", HOST, "--server-port", str(server.port)]
    line += ["--model-name", model_name(settings.model), "--enable-prefix-caching"]
    line += ["--log-level", "WARNING", "--disable-fastapi-docs"]
    # Sampling defaults of the model's generation_config.json would change scores; its end marks stay.
    line += ["--generation-config", "lmdeploy"]
    memory = server.memory
    share = memory.share if memory else settings.cache_max_entry_count or 0.5
    session_len = memory.session_len if memory else settings.session_len or settings.context_tokens
    policy = memory.quant_policy if memory else max(settings.quant_policy, 0)
    line += ["--session-len", str(session_len), "--cache-max-entry-count", f"{max(share, 0.01):.2f}"]
    line += ["--quant-policy", str(policy)]
    if memory or settings.max_batch_size:
        line += ["--max-batch-size", str(memory.max_batch_size if memory else settings.max_batch_size)]
    if memory:
        line += ["--max-prefill-token-num", str(memory.max_prefill_tokens)]
    if needs_remote_code(settings.model, transformers or _installed("transformers")):
        line.append("--trust-remote-code")
    return line


def needs_remote_code(model: str, transformers: str) -> bool:
    """InternLM's own tokenizer code is needed with transformers 4 and breaks the ids with transformers 5."""
    return "internlm" in model.lower() and transformers.startswith("4.")


def model_name(model: str) -> str:
    """The name it is served and shown under: without owner or folder."""
    return model.rstrip("/").rsplit("/", 1)[-1]


def environment(
    settings: LLMSettings, card: GraphicsCard, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The server's environment: its card and where models are downloaded from. Feishu's secrets stay out."""
    kept = {name: value for name, value in (base or os.environ).items() if not _is_secret(name)}
    kept["CUDA_VISIBLE_DEVICES"] = str(card.index)
    if settings.hf_endpoint:
        kept["HF_ENDPOINT"] = settings.hf_endpoint
    if settings.use_modelscope:
        kept["LMDEPLOY_USE_MODELSCOPE"] = "True"
    return kept


def _is_secret(name: str) -> bool:
    return name.startswith(("FEISHU_", "FENNEL_", "LLM_API", "LARK_")) or name.endswith("_API_KEY")


def reason_of_death(log_text: str) -> str:
    """Why a server died, from the end of its log, as a sentence for the operator; '' if it does not say."""
    return next((words for pattern, words in FATAL if pattern.search(log_text)), "")


def stage(log_text: str) -> str:
    """How far loading has come, from the end of the log; '' if it does not say."""
    found = _STAGES.findall(log_text)
    return str(found[-1]).strip() if found else ""


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
