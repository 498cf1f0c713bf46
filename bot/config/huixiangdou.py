"""`python -m bot migrate PATH`: from a HuixiangDou checkout to settings, secrets and labelled questions.

What is read: config.ini (TOML in spite of its name), resource/good_questions.json and bad_questions.json,
repodir. Everything is read before anything is written, nothing that exists is written over, and what has no
counterpart is said with the reason. Keys and meanings: HuixiangDou's config.ini of 2023-12 to 2025-07.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.config import disk
from bot.config.env_file import write_env_file
from bot.errors import ConfigError

_SERVERS = {
    "kimi": "https://api.moonshot.cn/v1",
    "step": "https://api.stepfun.com/v1",
    "xi-api": "https://api.xi-ai.cn/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "zhipuai": "https://open.bigmodel.cn/api/paas/v4",
    "siliconcloud": "https://api.siliconflow.cn/v1",
    "ppio": "https://api.ppinfra.com/v3/openai",
    "internlm": "https://chat.intern-ai.org.cn/api/v1",
    "puyu": "https://puyu.openxlab.org.cn/puyu/api/v1",
    "gpt": "https://api.openai.com/v1",
    "vllm": "http://127.0.0.1:8000/v1",
}
"""remote_type -> address (huixiangdou/services/llm.py and llm_server_hybrid.py)."""
_PLACEHOLDER = re.compile(
    r"your[-_ ]|x{4,}|^\$|^(abc|def|cli_a53a34dcb778500e|2ajhg1ixSvlNm1bJkH4tJhPfTCsGGHT1)$", re.I
)
"""What stands in HuixiangDou's own examples."""
_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d")


@dataclass
class Migration:
    """What comes of a checkout: sections of config.yaml, secrets, labelled rows, and what is left behind."""

    sections: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def secret(self, name: str, value: Any) -> None:
        """Keeps a secret that is one; the examples that HuixiangDou ships are none."""
        text = str(value or "").strip()
        if text and not _PLACEHOLDER.search(text):
            self.secrets[name] = text


def migrate(path: Path, to: Path | None = None) -> str:
    """Reads a checkout or its config.ini, writes beside it (or into `to`); what was done, for people.

    Raises ConfigError that names the file and the fix; nothing is written then.
    """
    file = (path / "config.ini" if path.is_dir() else path).resolve()
    folder, target = file.parent, (to or file.parent).resolve()
    made = read_checkout(file)
    written = {"config.yaml": target / "config.yaml", "questions.jsonl": target / "questions.jsonl"}
    secrets = target / ".env"
    taken = [str(place) for place in (*written.values(), secrets) if place.exists()]
    if taken:
        raise ConfigError(f"{', '.join(taken)} exists and is not written over; give another --to FOLDER")
    made.sections["index"] = _index(folder, made, written["questions.jsonl"])
    disk.try_writing(target, "give another --to FOLDER")
    with disk.writing(target, "give another --to FOLDER"):
        written["config.yaml"].write_text(_yaml(file, made.sections), encoding="utf-8")
        rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made.questions)
        written["questions.jsonl"].write_text(rows, encoding="utf-8")
    if made.secrets:
        write_env_file(secrets, made.secrets)
    return _told(made, target, [*written.values(), *([secrets] if made.secrets else [])])


def read_checkout(file: Path) -> Migration:
    """What config.ini and the labelled questions beside it become. Raises ConfigError."""
    old = _read_toml(file)
    made = Migration()
    _front(_section(old, "frontend"), made)
    _model(_section(old, "llm", "server"), _section(old, "llm"), made)
    _web_search(_section(old, "web_search"), _section(old, "worker"), made)
    _work_time(_section(old, "worker", "time"), made)
    _left_behind(old, made)
    for name, label in (("good_questions.json", 1), ("bad_questions.json", 0)):
        _label(file.parent / "resource" / name, label, made)
    return made


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{file} does not exist; give a HuixiangDou checkout or its config.ini") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): {disk.OWNER}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8; save it as UTF-8 first") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not the TOML that HuixiangDou reads: {error}") from error


def _section(data: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _front(frontend: Mapping[str, Any], made: Migration) -> None:
    kind = str(frontend.get("type", "none"))
    group = _section(frontend, "lark_group")
    for name in ("app_id", "app_secret", "encrypt_key", "verification_token"):
        made.secret(f"FEISHU_{name.upper()}", group.get(name))
    hook = str(frontend.get("webhook_url", ""))
    if "/open-apis/bot/v2/hook/" in hook:
        made.secret("FEISHU_WEBHOOK_URL", hook)
    elif hook:
        made.notes.append(
            "frontend.webhook_url (where messages were fetched from): not needed: Feishu pushes to "
            "Fennel itself, and nobody else can take a message"
        )
    if kind.startswith("wechat"):
        made.notes.append(f"frontend.type {kind}: Fennel serves Feishu and Lark only")
    made.sections["feishu"] = {
        name: f"${{FEISHU_{name.upper()}:-}}"
        for name in ("app_id", "app_secret", "encrypt_key", "verification_token", "webhook_url")
    }


def _model(server: Mapping[str, Any], llm: Mapping[str, Any], made: Migration) -> None:
    local, remote = str(server.get("local_llm_path", "")), str(server.get("remote_type", ""))
    made.secret("LLM_API_KEY", server.get("remote_api_key"))
    if _on(llm.get("enable_local")) and local:
        made.sections["llm"] = {"engine": "auto", "model": local}
        return
    if remote not in _SERVERS:
        if remote:
            made.notes.append(f"llm.server.remote_type {remote}: not known; set llm.base_url and llm.model")
        return
    name = str(server.get("remote_llm_model", ""))
    section: dict[str, Any] = {"engine": "auto", "base_url": _SERVERS[remote], "api_key": "${LLM_API_KEY:-}"}
    if name in ("", "auto"):
        made.notes.append(f"llm.server.remote_llm_model {name}: set llm.model to a model of {remote}")
    elif name != remote:
        section["model"] = name
    if remote not in ("vllm",) and "LLM_API_KEY" not in made.secrets:
        made.notes.append("llm.server.remote_api_key: only the example's; put yours into .env as LLM_API_KEY")
        return
    longest = server.get("remote_llm_max_text_length")
    if isinstance(longest, int) and longest > 0:
        section["context_tokens"] = min(longest, 32_000)
    made.sections["llm"] = section


def _web_search(search: Mapping[str, Any], worker: Mapping[str, Any], made: Migration) -> None:
    made.secret("WEB_SEARCH_API_KEY", search.get("serper_x_api_key") or search.get("x_api_key"))
    engine = str(search.get("engine", "serper" if "x_api_key" in search else ""))
    if search.get("domain_partial_order"):
        made.notes.append(
            "web_search.domain_partial_order: results keep the engine's own order; web_search.domains would "
            "leave all other sites out"
        )
    if not _on(worker.get("enable_web_search", 1)) or engine not in ("serper", "ddgs"):
        return
    if engine == "serper" and "WEB_SEARCH_API_KEY" not in made.secrets:
        made.notes.append("web_search: no Serper key, so web search stays off")
        return
    made.sections["web_search"] = {"engine": engine, "api_key": "${WEB_SEARCH_API_KEY:-}"}


def _work_time(hours: Mapping[str, Any], made: Migration) -> None:
    if not _on(hours.get("enable")):
        return
    start, end = str(hours.get("start", "")), str(hours.get("end", ""))
    if not (_CLOCK.match(start) and _CLOCK.match(end)):
        made.notes.append("worker.time: start or end is no time of day; set groups.default.work_time")
        return
    until = "24:00" if end.startswith("23:59") else end[:5]
    weekdays = [1, 2, 3, 4, 5] if _on(hours.get("has_weekday")) else [1, 2, 3, 4, 5, 6, 7]
    made.sections["groups"] = {
        "default": {"work_time": {"start": start[:5], "end": until, "weekdays": weekdays}}
    }
    made.notes.append("worker.time.has_weekday: read as Monday to Friday")


def _left_behind(old: Mapping[str, Any], made: Migration) -> None:
    store = _section(old, "feature_store")
    if "reject_throttle" in store:
        made.notes.append(
            "feature_store.reject_throttle: of another model; `python -m index calibrate --questions "
            "questions.jsonl --apply` fits the gate to your documents instead"
        )
    for name, setting in (("embedding_model_path", "embedder"), ("reranker_model_path", "reranker")):
        if model := store.get(name):
            made.notes.append(
                f"feature_store.{name} {model}: Fennel's need no download; to keep yours set "
                f"index.{setting}.engine: sentence-transformers and index.{setting}.model"
            )
    for name, why in (
        ("sg_search", "source graph search has no counterpart; name the repository as a git source"),
        ("coreference_resolution", "follow-ups are rewritten without a model of their own"),
    ):
        if name in old:
            made.notes.append(f"{name}: {why}")
    if "work_dir" in store:
        made.notes.append("feature_store.work_dir: features are made anew by `python -m index build`")


def _label(file: Path, label: int, made: Migration) -> None:
    try:
        rows = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        made.notes.append(f"resource/{file.name}: there is none")
        return
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} is not a JSON list of questions ({type(error).__name__})") from error
    if not isinstance(rows, list):
        raise ConfigError(f"{file} is not a JSON list of questions")
    known = {row["text"] for row in made.questions}
    for number, text in enumerate(rows):
        if isinstance(text, str) and text.strip() and text.strip() not in known:
            known.add(text.strip())
            name = f"{file.stem.removesuffix('_questions')}-{number}"
            made.questions.append({"id": name, "text": text.strip(), "label": label})


def _index(folder: Path, made: Migration, questions: Path) -> dict[str, Any]:
    """The sources: each folder of repodir is one, as HuixiangDou treats each as one repository."""
    place = folder / "repodir"
    children = sorted(place.iterdir()) if place.is_dir() else []
    sources: list[dict[str, Any]] = [{"path": str(one)} for one in children if one.is_dir()]
    if any(one.is_file() for one in children):
        sources.append({"path": str(place), "include": ["*"]})
    if not sources:
        made.notes.append("repodir: there is none; name your documents under index.sources")
    section: dict[str, Any] = {"sources": sources} if sources else {}
    if made.questions:
        section["gate"] = {"questions": [str(questions)]}
    return section


def _on(value: Any) -> bool:
    return value in (1, True, "1", "true", "True")


def _yaml(file: Path, sections: Mapping[str, Any]) -> str:
    head = f"# Made from {file.name} of HuixiangDou; every setting is in docs/en/all-settings.md.\n"
    kept = {name: section for name, section in sections.items() if section}
    return head + yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)


def _told(made: Migration, target: Path, files: list[Path]) -> str:
    good = sum(row["label"] for row in made.questions)
    lines = [
        *(f"written: {file}" for file in files),
        f"labelled questions: {good} good, {len(made.questions) - good} bad",
        *(f"not carried over: {note}" for note in made.notes),
        f"next: python -m index build --config {files[0]}, then python -m bot doctor --config {files[0]}",
    ]
    return "\n".join(lines)
