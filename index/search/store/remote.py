"""Versions at an address of their own: a bucket, a share, another machine. Any that fsspec knows.

Whoever builds puts a version there, its list of hashes last and its name in CURRENT after that; workers fetch
what they lack, compare every file with its hash, and only then see the version. Half a version is never
served, whichever side dies, and a store that returns other bytes than it was given is told. Every call has a
time limit as a whole: the clients behind fsspec wait for ever, or for each byte anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog

from bot.config.aside import aside
from bot.config.extras import what_to_install
from bot.errors import ConfigError, IndexDamaged, IndexMissing, IndexUnwritten

log = structlog.get_logger(__name__)

HASHES = "hashes.json"
CURRENT = "CURRENT"
_BLOCK = 1 << 20
ANSWER_SECONDS = 60.0
"""A store that has not answered a call by then does not answer."""
LEAST_BYTES_A_SECOND = 1 << 16
"""Files have so much longer as their bytes need at this rate."""
_HANGING: dict[str, threading.Thread] = {}
"""By address the call that was given up on last; while it goes on, no other is begun."""
T = TypeVar("T")
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
            raw: bytes = self._within(lambda: self._files.cat_file(f"{self._root}/{CURRENT}"))
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
            if self._within(lambda: self._files.exists(f"{place}/{HASHES}")):
                return
            self._within(lambda: self._files.makedirs(place, exist_ok=True))
            hashes = {file.name: self._put(file, place) for file in sorted(folder.iterdir())}
            listed = json.dumps(hashes).encode()
            self._within(lambda: self._files.pipe_file(f"{place}/{HASHES}", listed))
        except Exception as error:
            raise IndexUnwritten(
                f"index.snapshots: {folder.name} cannot be put at {self.address}: {_told(error)}"
            ) from error
        log.info("snapshot_put", version=folder.name, address=self.address)

    def _put(self, file: Path, place: str) -> dict[str, Any]:
        """What is listed of the file."""
        size, digest = file.stat().st_size, _hash_of(file)
        self._within(lambda: self._files.put_file(str(file), f"{place}/{file.name}"), size)
        return {"sha256": digest, "bytes": size}

    def use(self, name: str) -> None:
        """Makes a version the one in use there. Raises IndexUnwritten."""
        try:
            self._within(lambda: self._files.makedirs(self._root, exist_ok=True))
            self._within(lambda: self._files.pipe_file(f"{self._root}/{CURRENT}", f"{name}\n".encode()))
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
            hashes = json.loads(self._within(lambda: self._files.cat_file(f"{place}/{HASHES}")))
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
        given_up = threading.Event()
        try:
            size, digest = self._within(
                lambda: self._read(source, folder / name, facts["bytes"], given_up), facts["bytes"]
            )
        except TimeoutError:
            given_up.set()
            raise
        if size != facts["bytes"] or digest != facts["sha256"]:
            raise IndexDamaged(
                f"index.snapshots: {source} is not what was put there; build and publish again"
            )

    def _read(self, source: str, target: Path, most: int, given_up: threading.Event) -> tuple[int, str]:
        """Bytes and hash of a file, read little beyond `most` bytes."""
        digest, size = hashlib.sha256(), 0
        with self._files.open(source, "rb") as opened, target.open("wb") as out:
            while size <= most and (block := opened.read(_BLOCK)) and not given_up.is_set():
                out.write(block)
                digest.update(block)
                size += len(block)
        return size, digest.hexdigest()

    def _within(self, call: Callable[[], T], size: int = 0) -> T:
        """What `call` returns or raises; TimeoutError where it takes longer than `size` bytes may.

        The store's client knows no way to end it, so it runs in a thread that is left behind then.
        """
        hanging = _HANGING.get(self.address)
        if hanging is not None and hanging.is_alive():
            raise TimeoutError("a call before this one is still not answered")
        found: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                found.append(call())
            except BaseException as error:
                failed.append(error)

        seconds = ANSWER_SECONDS + size / LEAST_BYTES_A_SECOND
        thread = threading.Thread(target=run, name="snapshot-store", daemon=True)
        thread.start()
        thread.join(seconds)
        if failed:
            raise failed[0]
        if not found:
            _HANGING[self.address] = thread
            raise TimeoutError(f"no answer within {seconds:.0f} s")
        return found[0]

    def names(self) -> list[str]:
        """Whole versions there, oldest first. Raises IndexMissing."""
        try:
            places = self._within(lambda: self._files.glob(f"{self._root}/versions/*/{HASHES}"))
        except Exception as error:
            raise IndexMissing(f"index.snapshots: {self.address} did not answer: {_told(error)}") from error
        return sorted(str(place).split("/")[-2] for place in places)

    def prune(self, keep: int) -> list[str]:
        """Removes all but the newest `keep` versions and the current one. Raises IndexMissing."""
        names, current = self.names(), self.current()
        old = [name for name in names[: max(len(names) - max(keep, 1), 0)] if name != current]
        for name in old:
            try:
                self._remove(f"{self._root}/versions/{name}")
            except Exception as error:
                log.warning("snapshot_not_removed", version=name, error=_told(error))
        return old

    def _remove(self, place: str) -> None:
        self._within(lambda: self._files.rm_file(f"{place}/{HASHES}"))
        self._within(lambda: self._files.rm(place, recursive=True))


def _hash_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
