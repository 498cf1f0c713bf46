"""Runs bench.gpu on a machine that has PyTorch but neither Fennel's packages nor a package index.

What `bench.turbomind.carry` packed is put before the machine's own packages; only then is anything of Fennel
imported, in a new process, because the dynamic linker reads LD_LIBRARY_PATH once.

    python3 -m bench.turbomind.bare FOLDER [what bench.gpu takes]
"""

from __future__ import annotations

import lzma
import os
import shutil
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from bench.turbomind.carry import LIBRARY, REST

UNPACKED = Path(tempfile.gettempdir()) / "fennel-bench-packages"


def unpack(folder: Path) -> dict[str, str]:
    """Unpacks `folder` where that is not done yet; the environment in which its packages are found."""
    if not (UNPACKED / "library").is_file():
        with tarfile.open(folder / REST) as archive:
            archive.extractall(UNPACKED, filter="data")
        library = UNPACKED / (UNPACKED / "library").read_text(encoding="utf-8")
        with lzma.open(folder / LIBRARY) as source, library.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    own = [str(path) for path in (UNPACKED / "nvidia").glob("*/lib")]
    torch = [str(path) for path in Path(sysconfig.get_path("purelib")).glob("nvidia/*/lib")]
    return dict(os.environ) | {
        "PYTHONPATH": _joined([str(UNPACKED)], "PYTHONPATH"),
        "LD_LIBRARY_PATH": _joined([*own, *torch], "LD_LIBRARY_PATH"),
        "LMDEPLOY_MODULE": "1",
    }


def _joined(folders: list[str], name: str) -> str:
    given = os.environ.get(name, "")
    return os.pathsep.join([*folders, *([given] if given else [])])


def main() -> None:
    """The command line; does not return."""
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / REST).is_file():
        raise SystemExit(f"usage: python3 -m bench.turbomind.bare FOLDER [...]; FOLDER holds {REST}")
    environment = unpack(Path(sys.argv[1]))
    os.execve(sys.executable, [sys.executable, "-m", "bench.gpu", *sys.argv[2:]], environment)


if __name__ == "__main__":
    main()
