"""Packs what bench.gpu needs for a GPU machine that has PyTorch but reaches no package index.

lmdeploy's wheel and a cuBLAS 12 would be 700 MB; compressed, and with cuBLAS calls passed on to PyTorch's
own cuBLAS 13 (cublas12.c), it is about 60 MB.

    python -m bench.turbomind.carry FOLDER [--python 3.12]     here, with a package index and a C compiler
    python3 -m bench.turbomind.bare FOLDER --json              there
"""

from __future__ import annotations

import argparse
import lzma
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGES = (
    "lmdeploy==0.18.0",
    "addict==2.4.0",
    "aiohttp-socks==0.12.0",
    "annotated-types==0.8.0",
    "apache-tvm-ffi==0.1.15.post2",
    "distro",
    "fastapi==0.165.0",
    "httpcore2==2.16.2",
    "httpx2==2.16.2",
    "jiter",
    "mmengine-lite==0.10.7",
    "openai==3.54.0",
    "openai-harmony==0.0.8",
    "opentelemetry-api==1.45.2",
    "partial-json-parser==0.2.1.1.post7",
    "platformdirs",
    "pybase64==1.5.1",
    "pydantic==2.14.3",
    "pydantic-core==2.50.4",
    "pydantic-settings==2.16.3",
    "python-dotenv",
    "python-socks==3.2.1",
    "pyzmq==27.3.0",
    "sentencepiece==0.2.3",
    "shortuuid==1.0.13",
    "sniffio",
    "starlette==1.10.0",
    "structlog==26.1.0",
    "termcolor==3.3.0",
    "truststore",
    "typing-inspection",
    "uvicorn==0.54.0",
    "xgrammar==0.2.8",
    "yapf==0.43.0",
)
RUNTIME = "nvidia-cuda-runtime-cu12"
PLATFORM = "manylinux_2_28_x86_64"
LIBRARY, REST = "turbomind.so.xz", "packages.tar.xz"
SHIM = Path(__file__).with_name("cublas12.c")


def pack(folder: Path, python: str) -> None:
    """Downloads the wheels and writes the two archives to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        wheels, tree = Path(place) / "wheels", Path(place) / "tree"
        for name in (*PACKAGES, RUNTIME):
            _download(name, wheels, python)
        for wheel in wheels.glob("*.whl"):
            _unzip(wheel, tree, "libcudart.so" if wheel.name.startswith("nvidia_cuda") else "")
        for name in ("libcublas.so.12", "libcublasLt.so.12"):
            _build_shim(tree / "nvidia" / "cublas" / "lib" / name)
        (library,) = (tree / "lmdeploy" / "turbomind").glob("_turbomind*.so")
        with library.open("rb") as source, lzma.open(folder / LIBRARY, "wb", preset=6) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        (tree / "library").write_text(str(library.relative_to(tree)), encoding="utf-8")
        library.unlink()
        with tarfile.open(folder / REST, "w:xz", preset=6) as archive:
            archive.add(tree, arcname=".")


def _download(name: str, wheels: Path, python: str) -> None:
    line = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    line += ["--python-version", python, "--platform", PLATFORM, "--platform", "manylinux2014_x86_64"]
    line += ["--platform", "manylinux_2_17_x86_64", "--platform", "any", "--dest", str(wheels), name]
    subprocess.run(line, check=True)


def _unzip(wheel: Path, tree: Path, only: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tree, [name for name in archive.namelist() if only in name])


def _build_shim(file: Path) -> None:
    """Builds cublas12.c under the file's name, with symbol versions as cuBLAS 12 has them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    versions = file.with_suffix(".map")
    versions.write_text(f"{file.name} {{ global: *; }};\n", encoding="utf-8")
    line = ["cc", "-O2", "-shared", "-fPIC", "-o", str(file), str(SHIM), "-ldl"]
    line += [f"-Wl,-soname,{file.name}", f"-Wl,--version-script={versions}"]
    subprocess.run(line, check=True)
    versions.unlink()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default="3.12", help="the GPU machine's Python")
    given = parser.parse_args()
    pack(given.folder, given.python)
    for file in sorted(given.folder.iterdir()):
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file}")


if __name__ == "__main__":
    main()
