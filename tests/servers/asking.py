"""What the real servers are asked, and the documents it is asked of."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.config.settings import GateSettings, IndexSettings, LLMSettings, Settings, SourceSettings
from index.build.build import build
from worker.excerpts import Excerpt
from worker.llm import Messages
from worker.prompts import Prompts

REPLY = "Run `pip install fooserve` to install FooServe [1]."
PAGE = "# Install FooServe\n\nRun `pip install fooserve` to install FooServe. It needs Python 3.9 or newer.\n"
SEITE = "# 安装 FooServe\n\n运行 `pip install fooserve` 即可安装 FooServe，需要 Python 3.9 以上。\n"
EXCERPT = Excerpt(1, "Install FooServe", PAGE)


@dataclass
class RealServer:
    """One server under way. `quiet` where its replies mean nothing."""

    name: str
    url: str
    model: str
    process: subprocess.Popen[bytes]
    key: str = ""
    quiet: bool = False
    context: int = 0
    """Tokens of its context where a longer prompt is refused; 0 where it is not."""
    slow: bool = False
    """A real model: a handful of tokens is enough."""


def llm_of(server: RealServer, **more: Any) -> dict[str, Any]:
    """The settings of section `llm` for a server."""
    return {
        "engine": "openai",
        "base_url": server.url,
        "model": server.model,
        "api_key": SecretStr(server.key),
        "context_tokens": 2048,
        "max_answer_tokens": 16 if server.slow else 48,
        "reasoning_tokens": 16 if server.slow else 48,
        **more,
    }


def settings_for(server: RealServer, **more: Any) -> Settings:
    return Settings(llm=LLMSettings(**llm_of(server)), **more)


def prompt(question: str = "How do I install FooServe?") -> Messages:
    return Prompts(question, [EXCERPT], "en").answer()


def index_of(folder: Path) -> IndexSettings:
    """An index of the two pages, built in `folder`."""
    documents = folder / "docs"
    documents.mkdir()
    (documents / "install.md").write_text(PAGE, encoding="utf-8")
    (documents / "anzhuang.md").write_text(SEITE, encoding="utf-8")
    made = IndexSettings(
        dir=folder / "index", sources=(SourceSettings(path=documents),), gate=GateSettings(questions=())
    )
    build(Settings(index=made))
    return made
