"""How a program ends that was told to, and how what it started ends with it.

A kill (SIGTERM) and a closed terminal (SIGHUP) end a command as Ctrl+C does, so that whatever it started or
holds is cleaned up; then it dies of that signal, as whoever sent it expects. What it started ends even when
it is gone without a word (SIGKILL): Linux tells a child of its parent's death, where the child asked for it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

_DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2): a signal when the thread that started this process ends."""
_WITH_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, int(sys.argv[1]))
if os.getppid() != int(sys.argv[2]):
    sys.exit(1)
try:
    os.execvp(sys.argv[3], sys.argv[3:])
except OSError as error:
    sys.exit(f"{sys.argv[3]}: {error.strerror}")
"""
_told: list[int] = []
"""The signal that ends this process, once there was one."""


def end_as_by_keyboard() -> None:
    """From now on SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread, once.

    A second one does not break off the cleaning up. What is ignored already (nohup) stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _told.clear()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _told:
        _told.append(number)
        raise KeyboardInterrupt


def die_as_told() -> None:
    """Ends this process by the signal that interrupted it; returns where none did (Ctrl+C)."""
    if _told:
        signal.signal(_told[0], signal.SIG_DFL)
        os.kill(os.getpid(), _told[0])


def with_parent(command: Sequence[str], by: int = signal.SIGTERM) -> list[str]:
    """The same command, sent the signal `by` when the thread that starts it is gone; on Linux only."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _WITH_PARENT, str(int(by)), str(os.getpid()), *command]


def die_with_parent(parent: int) -> None:
    """Called by a child that is Python: it is killed when its `parent` (a process id) is gone; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, int(signal.SIGKILL))
        if os.getppid() != parent:
            sys.exit(1)
