"""Where a model's files are and whether they are all there and whole, before a server loads them for minutes.

An interrupted download leaves shards missing or short; the server then dies long after it was started.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

INDEX_FILES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
SINGLE_FILES = ("model.safetensors", "pytorch_model.bin")


def find_folder(model: str, *, modelscope: bool = False) -> Path | None:
    """The folder of a model given by path, or by name if a hub's cache holds it; None if it is not here."""
    if Path(model).is_dir():
        return Path(model)
    return _in_modelscope(model) if modelscope else _in_hugging_face(model)


def _in_hugging_face(model: str) -> Path | None:
    """huggingface_hub's layout: hub/models--OWNER--NAME/snapshots/COMMIT, refs/main naming the commit."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    place = hub / f"models--{model.replace('/', '--')}"
    main = place / "refs" / "main"
    commit = main.read_text(encoding="utf-8").strip() if main.is_file() else ""
    folder = place / "snapshots" / commit
    return folder if commit and folder.is_dir() else None


def _in_modelscope(model: str) -> Path | None:
    """ModelScope's layout: models/OWNER/NAME with dots written as ___."""
    home = Path(os.environ.get("MODELSCOPE_CACHE") or Path.home() / ".cache" / "modelscope" / "hub")
    names = (model, model.replace(".", "___"))
    places = [root / name for root in (home / "models", home) for name in names]
    return next((place for place in places if place.is_dir()), None)


def missing_files(folder: Path) -> list[str]:
    """What is not there or not whole, one entry a file; [] is complete."""
    problems = [f"{name} is missing" for name in ("config.json",) if not (folder / name).is_file()]
    index = next((folder / name for name in INDEX_FILES if (folder / name).is_file()), None)
    if index is not None:
        names = _shards(index)
        if not names:
            return [*problems, f"{index.name} cannot be read"]
    else:
        names = [name for name in SINGLE_FILES if (folder / name).is_file()]
        if not names:
            problems.append(f"no weights: neither {INDEX_FILES[0]} nor {SINGLE_FILES[0]}")
    return problems + [problem for name in names if (problem := _check_weights(folder / name))]


def _shards(index: Path) -> list[str]:
    try:
        weight_map: dict[str, Any] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    except (ValueError, KeyError):
        return []
    return sorted(set(map(str, weight_map.values())))


def _check_weights(file: Path) -> str:
    """'' for a whole file. A safetensors file says in its header how long it must be."""
    if not file.is_file():
        return f"{file.name} is missing"
    if file.suffix != ".safetensors":
        return "" if file.stat().st_size else f"{file.name} is empty"
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length > file.stat().st_size:
            return f"{file.name} is cut short"
        try:
            header: dict[str, Any] = json.loads(opened.read(length))
        except ValueError:
            return f"{file.name} is not a safetensors file"
    ends = [item["data_offsets"][1] for name, item in header.items() if name != "__metadata__"]
    wanted = 8 + length + max(ends, default=0)
    size = file.stat().st_size
    return "" if size >= wanted else f"{file.name} has {size:,} of {wanted:,} bytes"
