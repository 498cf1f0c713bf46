"""The doctor's look at the engine: which serves, does its model fit and follow the scale.

Nothing is started for it: a TurboMind that runs is asked, one that does not is judged by arithmetic.
Rows are (check, state, detail, fix), for worker/doctor/doctor.py.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

import requests

from bot.config.settings import LLMSettings, Settings
from bot.errors import ConfigError, FennelError
from bot.http_session import new_session
from worker.doctor.rows import FAILED, GOOD, WARNING, Row
from worker.doctor.server import ask
from worker.engines.choose import choose_engine
from worker.engines.model_files import find_folder, missing_files
from worker.engines.openai.engine import open_engine
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.openai.tokens import check_model_folder, open_counter
from worker.engines.turbomind.gpu import GraphicsCard, graphics_cards
from worker.engines.turbomind.gpu_memory import GIB, advice, plan
from worker.engines.turbomind.launch import HOST, server_plans
from worker.engines.turbomind.model_shapes import shape_of

PATIENCE = 5.0
ANSWER_PATIENCE = 60.0
REFUSED_SENTENCEPIECE = "0.2.2"


def engine_rows(settings: Settings) -> list[Row]:
    """Everything there is to say about the engine that the settings ask for."""
    cards = graphics_cards()
    has_lmdeploy = importlib.util.find_spec("lmdeploy") is not None
    try:
        choice = choose_engine(settings.llm, cards=len(cards), has_lmdeploy=has_lmdeploy)
    except ConfigError as error:
        return [("engine", FAILED, str(error), "")]
    rows: list[Row] = [("engine", GOOD, f"{choice.engine}: {choice.why}", "")]
    if choice.engine == "extractive":
        return rows  # it has no tokenizer, and its answers no limit that is counted in tokens
    rows += tokenizer_rows(settings.llm)
    if choice.engine == "openai":
        urls = tuple(url.strip().rstrip("/") for url in settings.llm.base_url.split(",") if url.strip())
        return rows + server_rows(settings, urls)
    if choice.engine == "turbomind":
        rows += file_rows(settings.llm)
        rows += [row for card in cards for row in memory_rows(settings, card)]
        return rows + _running_rows(settings, cards)
    return rows


def tokenizer_rows(settings: LLMSettings) -> list[Row]:
    """Whether tokens are counted or estimated, and by packages that can read the model's tokenizer."""
    version = _version("sentencepiece")
    if version == REFUSED_SENTENCEPIECE:
        fix = "pip install sentencepiece==0.2.3"
        return [("tokenizer", FAILED, f"sentencepiece {version} refuses InternLM2's tokenizer", fix)]
    try:
        counter = open_counter(settings)
    except ConfigError as error:
        return [("tokenizer", FAILED, str(error), "")]
    if counter.exact:
        return [("tokenizer", GOOD, f"tokens are counted by {settings.tokenizer or settings.model}", "")]
    fix = "set llm.tokenizer to the model's tokenizer.model or tokenizer.json"
    return [("tokenizer", WARNING, "tokens are estimated, on the large side", fix)]


def file_rows(settings: LLMSettings) -> list[Row]:
    """Are the model's files here and whole, and do tokenizer and weights belong together."""
    folder = find_folder(settings.model, modelscope=settings.use_modelscope)
    if folder is None:
        where = "ModelScope" if settings.use_modelscope else settings.hf_endpoint or "https://huggingface.co"
        detail = f"{settings.model} is not on this machine; it is downloaded from {where} at the first start"
        return [("model files", WARNING, detail, "download it beforehand: hf download " + settings.model)]
    problems = missing_files(folder)
    if problems:
        fix = f"finish the download: hf download {settings.model}" + _mirror(settings)
        return [("model files", FAILED, "; ".join(problems[:5]), fix)]
    wrong = check_model_folder(folder)
    if wrong:
        return [("model files", WARNING, problem, "") for problem in wrong]
    return [("model files", GOOD, f"complete: {folder}", "")]


def memory_rows(settings: Settings, card: GraphicsCard) -> list[Row]:
    """Will the model fit this card; what to change if not."""
    llm = settings.llm
    shape = shape_of(llm.model, find_folder(llm.model, modelscope=llm.use_modelscope))
    name = f"gpu {card.index}"
    if shape is None:
        return [
            (name, WARNING, f"{card.name}: the size of {llm.model} is not known, so nothing was computed", "")
        ]
    one = plan(shape, card.free_bytes, llm, settings.worker.concurrency)
    detail = f"{card.name}, {card.total_bytes / GIB:.0f} GiB: {one.describe()}"
    if one.fits:
        return [(name, GOOD, detail, "")]
    fixes = advice(shape, card.free_bytes, llm, settings.worker.concurrency)
    return [(name, FAILED, f"it does not fit. {detail}", " | or: ".join(fixes[:3]))]


def server_rows(settings: Settings, urls: tuple[str, ...]) -> list[Row]:
    """Does each server answer, split text as the tokenizer here does, follow the scale."""
    rows: list[Row] = []
    patient = settings.model_copy(
        update={"worker": settings.worker.model_copy(update={"answer_timeout": int(ANSWER_PATIENCE)})}
    )
    for url in urls:
        engine = open_engine(patient, (url,))
        try:
            rows += ask(url, engine, settings.llm.model)
        except (FennelError, ConnectionBroken) as error:
            fix = "check llm.base_url, llm.api_key and llm.model; is the server running?"
            rows.append(("server", FAILED, f"{url}: {error}", fix))
        finally:
            engine.close()
    return rows


def _running_rows(settings: Settings, cards: tuple[GraphicsCard, ...]) -> list[Row]:
    running = [server.url for server in server_plans(settings, cards) if _healthy(server.port)]
    if running:
        return server_rows(settings, tuple(running))
    return [("server", GOOD, "not running now; the worker starts it", "")]


def _healthy(port: int) -> bool:
    try:
        with new_session() as session:
            return session.get(f"http://{HOST}:{port}/health", timeout=PATIENCE).status_code == 200
    except requests.RequestException:
        return False


def _mirror(settings: LLMSettings) -> str:
    return (
        ""
        if settings.hf_endpoint or Path(settings.model).is_dir()
        else " (slow? set llm.hf_endpoint to a mirror)"
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
