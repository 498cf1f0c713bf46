"""Office files and e-books are zip archives of foreign make: looked at before anything is unpacked."""

from __future__ import annotations

import io
import zipfile

from bot.errors import LoadError

MOST_BYTES = 200_000_000
"""Unpacked, of all parts together."""
MOST_PARTS = 20_000


def check_archive(raw: bytes) -> zipfile.ZipFile:
    """The archive. Raises LoadError for what is none, is encrypted, or would unpack to far too much."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        why = str(error)
        if "not a zip file" in why:  # every file of these formats is one, which says nothing to who wrote it
            why = "it is cut off, or another format under this name; save it anew"
        raise LoadError(f"damaged: {why}") from error
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        raise LoadError(f"unpacks to more than {MOST_BYTES // 1_000_000} MB; split it or exclude it")
    if any(part.flag_bits & 1 for part in parts):
        raise LoadError("the file needs a password")
    return archive
