"""Versions at an address of their own: a bucket, a share, another machine. Any that fsspec knows.

Whoever builds puts a version there, its list of hashes last and its name in CURRENT after that; workers fetch
what they lack, compare every file with its hash, and only then see the version. Half a version is never
served, whichever side dies, and a store that returns other bytes than it was given is told.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import structlog

from bot.config.aside import aside
from bot.config.extras import what_to_install
from bot.errors import ConfigError, IndexDamaged, IndexMissing, IndexUnwritten

log = structlog.get_logger(__name__)

HASHES = "hashes.json"
CURRENT = "CURRENT"
_BLOCK = 1 << 20
_NAME = re.compile(r"[\w.\-]{1,200}")


class Snapshots:
    """The versions at one address."""

    def __init__(self, address: str) -> None:
        """Raises ConfigError for an address that fsspec does not know, or whose own package is missing."""
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise ConfigError(what_to_install("fsspec")) from error
        try:
            files, root = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"index.snapshots: {address!r} cannot be opened: {error}") from error
        self.address = address
        self._files: Any = files
        self._root: str = root.rstrip("/")

    def current(self) -> str:
        """Name of the version in use there; empty for none. Raises IndexMissing when it does not answer."""
        try:
            raw: bytes = self._files.cat_file(f"{self._root}/{CURRENT}")
        except FileNotFoundError:
            return ""
        except Exception as error:  # every kind of store has errors of its own
            raise IndexMissing(f"index.snapshots: {self.address} did not answer: {_told(error)}") from error
        name = raw.decode("utf-8", "replace").strip()
        return name if _NAME.fullmatch(name) and name.strip(".") else ""

    def put(self, folder: Path) -> None:
        """Puts a version there, whole or not to be seen. Raises IndexUnwritten."""
        place = f"{self._root}/versions/{folder.name}"
        try:
            if self._files.exists(f"{place}/{HASHES}"):
                return
            self._files.makedirs(place, exist_ok=True)
            hashes = {}
            for file in sorted(folder.iterdir()):
                hashes[file.name] = {"sha256": _hash_of(file), "bytes": file.stat().st_size}
                self._files.put_file(str(file), f"{place}/{file.name}")
            self._files.pipe_file(f"{place}/{HASHES}", json.dumps(hashes).encode())
        except Exception as error:
            raise IndexUnwritten(
                f"index.snapshots: {folder.name} cannot be put at {self.address}: {_told(error)}"
            ) from error
        log.info("snapshot_put", version=folder.name, address=self.address)

    def use(self, name: str) -> None:
        """Makes a version the one in use there. Raises IndexUnwritten."""
        try:
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(f"{self._root}/{CURRENT}", f"{name}\n".encode())
        except Exception as error:
            raise IndexUnwritten(
                f"index.snapshots: {self.address} was not told of {name}: {_told(error)}"
            ) from error

    def fetch(self, name: str, versions: Path) -> Path:
        """Fetches a version into the folder of versions, every file compared with its hash; its folder.

        Raises IndexMissing when it is not there or not answered, IndexDamaged when a file differs.
        """
        target = versions / name
        if target.is_dir():
            return target
        place = f"{self._root}/versions/{name}"
        try:
            hashes = json.loads(self._files.cat_file(f"{place}/{HASHES}"))
            with aside(target) as folder:
                folder.mkdir()
                for file, facts in hashes.items():
                    self._fetch(f"{place}/{file}", folder, file, facts)
        except IndexDamaged:
            raise
        except Exception as error:
            raise IndexMissing(
                f"index.snapshots: {name} cannot be fetched from {self.address}: {_told(error)}"
            ) from error
        log.info("snapshot_fetched", version=name, address=self.address)
        return target

    def _fetch(self, source: str, folder: Path, name: str, facts: dict[str, Any]) -> None:
        if not _NAME.fullmatch(name) or not name.strip("."):
            raise IndexDamaged(f"index.snapshots: {source} is no name of a file of a version")
        digest, size = hashlib.sha256(), 0
        with self._files.open(source, "rb") as opened, (folder / name).open("wb") as out:
            while size <= facts["bytes"] and (block := opened.read(_BLOCK)):
                out.write(block)
                digest.update(block)
                size += len(block)
        if size != facts["bytes"] or digest.hexdigest() != facts["sha256"]:
            raise IndexDamaged(
                f"index.snapshots: {source} is not what was put there; build and publish again"
            )

    def names(self) -> list[str]:
        """Whole versions there, oldest first. Raises IndexMissing."""
        try:
            places = self._files.glob(f"{self._root}/versions/*/{HASHES}")
        except Exception as error:
            raise IndexMissing(f"index.snapshots: {self.address} did not answer: {_told(error)}") from error
        return sorted(str(place).split("/")[-2] for place in places)

    def prune(self, keep: int) -> list[str]:
        """Removes all but the newest `keep` versions and the current one. Raises IndexMissing."""
        names, current = self.names(), self.current()
        old = [name for name in names[: max(len(names) - max(keep, 1), 0)] if name != current]
        for name in old:
            try:
                self._files.rm_file(f"{self._root}/versions/{name}/{HASHES}")
                self._files.rm(f"{self._root}/versions/{name}", recursive=True)
            except Exception as error:
                log.warning("snapshot_not_removed", version=name, error=_told(error))
        return old


def _hash_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
