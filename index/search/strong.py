"""`auto`: the strong models where they can run, the embedded one otherwise; and which it is, and why.

A graphics card, the library and the model's files are all needed. Nothing is downloaded for it: who wants
bge-m3 puts its files there once (`huggingface-cli download BAAI/bge-m3`, or a folder named as `model`).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EMBEDDER = "BAAI/bge-m3"
RERANKER = "BAAI/bge-reranker-v2-m3"
_FACTS = ("modules.json", "config.json")
_WEIGHTS = ("*.safetensors", "*.bin", "*/*.safetensors", "*/*.bin")
LIBRARY = "sentence_transformers"


@dataclass(frozen=True)
class StrongModel:
    """Whether `auto` takes a strong model."""

    place: Path | None
    """Folder of its files; None: it cannot run here."""
    model: str
    why: str


def strong_model(model: str, default: str, card: Callable[[], bool] | None = None) -> StrongModel:
    """What `auto` does with a model's setting, `default` where it is empty; `card`: is there a GPU?"""
    name = model or default
    if importlib.util.find_spec(LIBRARY) is None:
        return StrongModel(None, name, "sentence-transformers is not installed")
    if not (card or card_at_hand)():
        return StrongModel(None, name, "there is no graphics card")
    place = files_of(name)
    if place is None:
        return StrongModel(None, name, f"the files of {name} are not here")
    return StrongModel(place, name, f"a graphics card and the files of {name} are here")


def card_at_hand() -> bool:
    """Whether this process may use an NVIDIA card; asked of nvidia-smi, so that CUDA is not loaded for it."""
    program = shutil.which("nvidia-smi")
    if program is None or os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return False
    try:
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and "GPU" in listed.stdout


def files_of(model: str) -> Path | None:
    """The folder with a model's facts and weights: as named, or its newest snapshot in the hub's cache."""
    here = Path(model).expanduser()
    if _whole(here):
        return here
    snapshots = _hub_cache() / f"models--{model.replace('/', '--')}" / "snapshots"
    if not snapshots.is_dir():
        return None
    whole = [folder for folder in snapshots.iterdir() if _whole(folder)]
    return max(whole, key=lambda folder: folder.stat().st_mtime, default=None)


def _hub_cache() -> Path:
    """Where the hub's library keeps downloads."""
    named = os.environ.get("HF_HUB_CACHE")
    home = os.environ.get("HF_HOME")
    return Path(named) if named else (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def _whole(folder: Path) -> bool:
    return (
        folder.is_dir()
        and any((folder / name).is_file() for name in _FACTS)
        and any(True for pattern in _WEIGHTS for _ in folder.glob(pattern))
    )
