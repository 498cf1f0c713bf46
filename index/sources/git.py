"""Git repositories: cloned once, then pulled, and where their files are on the web.

Addresses come from the settings, still they are held to https, http, ssh and local paths: git's `ext::` and
friends run commands. No hooks, no submodules, no prompts, no shell.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.errors import LoadError

_ADDRESS = re.compile(r"(https?|ssh|file)://[^\s]+|[\w.\-]+@[\w.\-]+:[^\s:]+")
_BRANCH = re.compile(r"[\w./\-]+")
_WEB = re.compile(r"(?:(?:https?|ssh)://(?:[^@/]*@)?|[\w.\-]+@)([\w.\-]+)(?::\d+)?[:/](.+?)(?:\.git)?/?")
_GIT_TIMEOUT = 900
"""Seconds one git command may take."""


@dataclass(frozen=True)
class Checkout:
    """A repository's files on disk."""

    name: str
    folder: Path
    branch: str
    commit: str
    committed_at: float
    """Unix seconds of the commit."""
    web_root: str
    """Address that a file's path is put behind; empty where the host is not known."""

    def web_address(self, path: str) -> str:
        """Where this file is read on the web; empty where the host is not known."""
        return f"{self.web_root}/{quote(path)}" if self.web_root else ""


def update(address: str, branch: str, clones: Path) -> Checkout:
    """Clones the repository or brings the clone up to date. Raises LoadError, never with credentials."""
    _check(address, branch)
    name = Path(address.rstrip("/").replace(":", "/")).name.removesuffix(".git")
    key = hashlib.sha256(f"{address}\0{branch}".encode()).hexdigest()[:10]
    folder = clones / f"{name}-{key}"
    if not (folder / ".git").is_dir():
        clones.mkdir(parents=True, exist_ok=True)
        wanted = ["--branch", branch] if branch else []
        _git(clones, "clone", "--quiet", "--depth", "1", *wanted, "--", address, folder.name)
    else:
        _git(folder, "fetch", "--quiet", "--depth", "1", "origin", branch or "HEAD")
        _git(folder, "reset", "--quiet", "--hard", "FETCH_HEAD")
        _git(folder, "clean", "--quiet", "-fd")
    commit, seconds = _git(folder, "log", "-1", "--format=%H %ct").split()
    branch = branch or _git(folder, "rev-parse", "--abbrev-ref", "HEAD").strip()
    return Checkout(name, folder, branch, commit, float(seconds), web_root(address, branch))


def web_root(address: str, branch: str) -> str:
    """Where GitHub, Gitee or GitLab show the files of a branch; empty for other hosts."""
    found = _WEB.fullmatch(address)
    if not found:
        return ""
    host, place = found.group(1).lower(), found.group(2)
    if host in ("github.com", "gitee.com"):
        return f"https://{host}/{place}/blob/{quote(branch)}"
    if host == "gitlab.com" or host.startswith("gitlab."):
        return f"https://{host}/{place}/-/blob/{quote(branch)}"
    return ""


def _check(address: str, branch: str) -> None:
    local = Path(address).is_dir() and not address.startswith("-")
    if not local and not _ADDRESS.fullmatch(address):
        raise LoadError(
            "index.sources: git takes an https://, http:// or ssh:// address, user@host:path or a local "
            f"folder, not {_without_credentials(address)!r}"
        )
    if branch and (not _BRANCH.fullmatch(branch) or branch.startswith("-")):
        raise LoadError(f"index.sources: {branch!r} is not a branch name")


def _without_credentials(text: str) -> str:
    return re.sub(r"(://)[^@/\s]*@", r"\1", text)


def _git(folder: Path, *arguments: str) -> str:
    """Runs git in `folder` and returns what it prints. Raises LoadError."""
    command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false", *arguments]
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    }
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_GIT_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LoadError(f"git {arguments[0]}: {type(error).__name__}") from error
    if done.returncode:
        raise LoadError(f"git {arguments[0]} failed: {_without_credentials(done.stderr.strip())[:300]}")
    return done.stdout
