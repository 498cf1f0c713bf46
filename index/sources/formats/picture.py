"""A screenshot -> the words in it, by OCR (rapidocr, Apache-2.0; its models are in its wheel).

Nothing is fetched. What reads pictures is an extra (`make ocr`): 290 MB that most bots do not need.
"""

from __future__ import annotations

import io
import os
from typing import Any

from bot.errors import LoadError

MOST_PIXELS = 40_000_000
"""A larger picture is refused before it is unpacked."""
LONGEST_SIDE = 2400
"""Pixels: a larger one is made smaller, the letters of a screenshot stay legible."""
SURE = 0.5
"""A line that is read with less certainty is left out."""


def read_picture(raw: bytes) -> tuple[str, str]:
    """An empty title, and the lines from top to bottom. Raises LoadError."""
    try:
        import numpy as np
        from PIL import Image
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as error:
        raise LoadError(
            f"pictures need OCR, which is not installed: run `make ocr` ({error.name})"
        ) from error
    with Image.open(io.BytesIO(raw)) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise LoadError(f"a picture of {width} x {height} pixels is too large")
        picture: Any = opened.convert("RGB")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    threads = max(1, min(4, (os.cpu_count() or 2) // 2))
    reader = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1, print_verbose=False)
    found, _ = reader(np.asarray(picture)[:, :, ::-1])
    return "", "\n".join(str(text) for _, text, score in found or () if float(score) >= SURE)
