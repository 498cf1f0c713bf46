"""Which graphics cards this machine has, asked of nvidia-smi so that no CUDA library is loaded for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

QUERY = "index,name,memory.total,memory.free,compute_cap"


@dataclass(frozen=True)
class GraphicsCard:
    """One GPU. Sizes in bytes; `capability` is CUDA's, such as 8.9."""

    index: int
    name: str
    total_bytes: int
    free_bytes: int
    capability: float


def graphics_cards() -> tuple[GraphicsCard, ...]:
    """The GPUs this process may use, CUDA_VISIBLE_DEVICES applied; empty where there is no NVIDIA driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if result.returncode != 0:
        return ()
    return visible(parse_cards(result.stdout), os.environ.get("CUDA_VISIBLE_DEVICES"))


def parse_cards(text: str) -> tuple[GraphicsCard, ...]:
    """Reads nvidia-smi's CSV, sizes in MiB: `0, NVIDIA H200, 143771, 143200, 9.0`."""
    cards = []
    for line in text.strip().splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) != 5 or not all(_is_number(fields[place]) for place in (0, 2, 3, 4)):
            continue
        index, name, total, free, capability = fields
        size = 1 << 20
        cards.append(
            GraphicsCard(
                int(index), name, int(float(total) * size), int(float(free) * size), float(capability)
            )
        )
    return tuple(cards)


def visible(cards: tuple[GraphicsCard, ...], devices: str | None) -> tuple[GraphicsCard, ...]:
    """Those that CUDA_VISIBLE_DEVICES leaves, in its order; None means all. UUIDs are left to CUDA: all."""
    if devices is None:
        return cards
    names = [name.strip() for name in devices.split(",") if name.strip()]
    if not all(name.isdecimal() for name in names):
        return cards if names and names[0] != "-1" else ()
    by_index = {card.index: card for card in cards}
    return tuple(by_index[int(name)] for name in names if int(name) in by_index)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
