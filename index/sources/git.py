"""Git repositories: cloned once, then pulled, and where their files are on the web.

Addresses come from the settings, still they are held to https, http, ssh and local paths: git's `ext::` and
friends run commands, and what begins with a dash is taken for an option. No hooks, no submodules, no prompts,
no shell, none of this process's secrets.

Every command names the repository it means. git left to itself looks for one in the folders above, and a
clone that a power cut left with an empty HEAD is none: `reset --hard` would then be done to the repository
that the index happens to lie in. A clone that is not whole is made anew, aside, and put in its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.config.ending import with_parent
from bot.errors import LoadError
from index.sources.files import printable

_ADDRESS = re.compile(
    r"\A(?:(?:https?|ssh|file)://[^\s\x00-\x1f]+|[\w.][\w.\-]*+@[\w.][\w.\-]*+:[^\s:\-][^\s:]*+)\Z"
)
_BRANCH = re.compile(r"\w[\w./\-]*")
_HOST = re.compile(r"([\w.\-]+)(?::\d+)?")
_GIT_TIMEOUT = 900
"""Seconds one git command may take."""
NO_GIT = "git is not installed on this machine; install it, or name a folder by `path` instead"
_KEPT_VARIABLES = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "XDG_CONFIG_HOME", "SYSTEMROOT"),
    *("SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
}
"""What git gets of our environment: where things are, and proxies; no keys of Feishu or a model server."""
_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false", "-c", "core.fsmonitor=false"),
    *("-c", "protocol.ext.allow=never", "-c", "http.lowSpeedLimit=100", "-c", "http.lowSpeedTime=60"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false"),
    *("-c", "log.showSignature=false", "-c", "color.ui=false", "-c", "core.autocrlf=false"),
    *("-c", "submodule.recurse=false", "-c", "fetch.recurseSubmodules=false"),
)
"""Beside what keeps a repository from running anything: what somebody's ~/.gitconfig may say otherwise."""


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
    links: frozenset[str] = frozenset()
    """Paths of symbolic links, which lie here as files that hold where they point to."""

    def web_address(self, path: str) -> str:
        """Where this file is read on the web; empty where the host is not known."""
        return f"{self.web_root}/{quote(path)}" if self.web_root else ""


def update(address: str, branch: str, clones: Path) -> Checkout:
    """Clones the repository or brings the clone up to date. Raises LoadError, never with credentials."""
    _check(address, branch)
    name = name_of(address)
    if Path(address).is_dir():
        address = Path(address).absolute().as_uri()
    key = hashlib.sha256(f"{address}\0{branch}".encode()).hexdigest()[:10]
    folder = clones.absolute() / f"{name}-{key}"
    if not _is_whole(folder) or not _pulled(folder, address, branch):
        _clone(folder, address, branch)
    commit, seconds = _git(folder, "log", "-1", "--format=%H %ct").split()
    shown = branch or _git(folder, "rev-parse", "--abbrev-ref", "HEAD").strip()
    return Checkout(
        name, folder, shown, commit, float(seconds), web_root(address, shown), frozenset(_links(folder))
    )


def name_of(address: str) -> str:
    """The repository's name: the last part of its address."""
    return printable(Path(address.rstrip("/").replace(":", "/")).name.removesuffix(".git")) or "repository"


def _is_whole(folder: Path) -> bool:
    """Whether the clone has a commit and its tree; a repository around it does not count."""
    try:
        _git(folder, "rev-parse", "--quiet", "--verify", "HEAD^{tree}")
        _git(folder, "cat-file", "-e", "HEAD^{tree}")
    except LoadError:
        return False
    return True


def _pulled(folder: Path, address: str, branch: str) -> bool:
    """Brings the clone up to date; False when it is damaged. Raises LoadError when the remote is away."""
    try:
        _git(folder, "fetch", "--quiet", "--depth", "1", address, branch or "HEAD")
    except LoadError:
        _git(folder.parent, "ls-remote", "--quiet", "--", address, branch or "HEAD", clone=False)
        return False  # the remote answers, so it is the clone that cannot take what it sends
    try:
        _git(folder, "reset", "--quiet", "--hard", "FETCH_HEAD")
        _git(folder, "clean", "--quiet", "-ffdx")
    except LoadError:
        return False
    return True


def _clone(folder: Path, address: str, branch: str) -> None:
    """Makes the clone anew, aside; what lies in its place goes when the new one is whole."""
    fresh = folder.with_name(f".{folder.name}.new")
    wanted = ["--branch", branch] if branch else []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        _git(
            folder.parent, "clone", "--quiet", "--depth", "1", *wanted, "--", address, fresh.name, clone=False
        )
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
        fresh.rename(folder)
    except OSError as error:
        raise LoadError(f"git clone: {error.strerror or type(error).__name__}: {folder}") from error


def _links(folder: Path) -> list[str]:
    rows = _git(folder, "ls-files", "-s", "-z").split("\0")
    return [printable(row.partition("\t")[2]) for row in rows if row.startswith("120000 ")]


def web_root(address: str, branch: str) -> str:
    """Where GitHub, Gitee or GitLab show the files of a branch; empty for other hosts."""
    host, place = _web_place(address)
    if host in ("github.com", "gitee.com"):
        return f"https://{host}/{place}/blob/{quote(branch)}"
    if host == "gitlab.com" or host.startswith("gitlab."):
        return f"https://{host}/{place}/-/blob/{quote(branch)}"
    return ""


def _web_place(address: str) -> tuple[str, str]:
    """(host, path without .git) of an address; empty for a local one."""
    scheme, separator, rest = address.partition("://")
    if separator:
        if scheme not in ("http", "https", "ssh"):
            return "", ""
        named, _, place = rest.partition("/")
    else:
        named, _, place = address.partition(":")
    found = _HOST.fullmatch(named.rpartition("@")[2])
    if not found or (not separator and "@" not in named):
        return "", ""
    return found.group(1).lower(), place.strip("/").removesuffix(".git")


def _check(address: str, branch: str) -> None:
    local = Path(address).is_dir() and not address.startswith("-")
    if not (local or _ADDRESS.fullmatch(address)) or "::" in address or _hides_an_option(address):
        raise LoadError(
            "index.sources: git takes an https://, http:// or ssh:// address, user@host:path or a local "
            f"folder, not {without_credentials(address)!r}"
        )
    if branch and (not _BRANCH.fullmatch(branch) or ".." in branch):
        raise LoadError(f"index.sources: {branch!r} is not a branch name")


def _hides_an_option(address: str) -> bool:
    """Whether user, host or path of a remote address begin with a dash, which ssh takes for an option."""
    scheme, separator, rest = address.partition("://")
    if not separator or scheme == "file":
        return False
    host, _, path = rest.partition("/")
    return any(part.startswith("-") for part in (*host.split("@"), path))


def without_credentials(text: str) -> str:
    """The text with user and password cut out of every address in it."""
    pieces = text.split("://")
    return "://".join([pieces[0], *map(_without_user, pieces[1:])])


def _without_user(rest: str) -> str:
    end = next((place for place, sign in enumerate(rest) if sign == "/" or sign.isspace()), len(rest))
    return rest[:end].rpartition("@")[2] + rest[end:]


def _environment(folder: Path, *, clone: bool) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES}
    repository = {"GIT_DIR": str(folder / ".git"), "GIT_WORK_TREE": str(folder)}
    return {
        **kept,
        **(repository if clone else {}),
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15",
    }


def _git(folder: Path, *arguments: str, clone: bool = True) -> str:
    """Runs git on the clone in `folder`, or only there, and returns what it prints. Raises LoadError."""
    if shutil.which("git") is None:
        raise LoadError(NO_GIT)
    try:
        process = subprocess.Popen(
            with_parent(["git", *_OPTIONS, *arguments]),
            cwd=folder,
            env=_environment(folder, clone=clone),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise LoadError(f"git {arguments[0]}: {error.strerror or type(error).__name__}") from error
    try:
        printed, told = process.communicate(timeout=_GIT_TIMEOUT)
    except BaseException as error:  # Ctrl+C too: git's own helpers must not outlive the build
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise LoadError(f"git {arguments[0]}: not done within {_GIT_TIMEOUT} s") from error
        raise
    if process.returncode:
        words = " ".join(os.fsdecode(told).split())
        raise LoadError(f"git {arguments[0]} failed: {without_credentials(printable(words))[:300]}")
    return os.fsdecode(printed)
