# Everything a newcomer types. Each target sets up what it needs; nothing has to be installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LMDEPLOY := .venv-lmdeploy
LITELLM := .venv-litellm
PINNED := requirements.txt requirements-cpu.txt requirements-dev.txt requirements-lmdeploy.txt requirements-litellm.txt
UV_VERSION := 0.13.9
# Wheels on the local disk (an offline mirror, a CPU build of torch) are found where pip finds them.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export PYTHONUNBUFFERED := 1
# A run of the tests starts hundreds of processes; each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# uv does not read pip's settings: the mirror that pip is configured for is handed on to it.
MIRROR = $${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}
INSTALL_INTO = mirror="$(MIRROR)"; [ -z "$$mirror" ] || export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$mirror}"; \
	$(BIN)/uv pip install --quiet --python
INSTALL = $(INSTALL_INTO) $(BIN)/python
FAILED = { echo "The packages could not be installed; the lines above say why. Behind a mirror or a proxy" \
	"set PIP_INDEX_URL or HTTPS_PROXY, then run make again: it goes on where it stopped."; exit 1; }

.PHONY: help setup ocr dev setup-gpu demo test test-lmdeploy test-servers test-llama lint bench lock clean

help: ## lists the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(VENV)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fennel needs Python 3.11 or newer; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet uv==$(UV_VERSION) || $(FAILED)
	@touch $@

$(VENV)/runtime: $(VENV)/uv requirements-cpu.txt
	@echo "Installing requirements-cpu.txt into $(VENV) ..."
	@$(INSTALL) -r requirements-cpu.txt || $(FAILED)
	@touch $@

$(VENV)/development: $(VENV)/runtime requirements-dev.txt
	@echo "Installing requirements-dev.txt into $(VENV) ..."
	@$(INSTALL) -r requirements-dev.txt || $(FAILED)
	@touch $@

setup: $(VENV)/runtime ## .venv with what runs the bot, and no more; EXTRAS="NAME ..." adds what a setting asks for
	@if [ -n "$(EXTRAS)" ]; then $(INSTALL) -c requirements-dev.txt $(EXTRAS) || $(FAILED); fi

ocr: $(VENV)/runtime ## adds what reads the screenshots that people post, 290 MB
	@$(INSTALL) --no-deps -r requirements-ocr.txt || $(FAILED)

dev: $(VENV)/development ## adds what tests, checks and benchmarks need

setup-gpu: $(VENV)/runtime requirements.txt ## adds LMDeploy and FAISS for the GPU on a machine with an NVIDIA card
	$(BIN)/uv pip uninstall --quiet --python $(BIN)/python faiss-cpu
	@$(INSTALL) -r requirements.txt || $(FAILED)

demo: $(VENV)/runtime ## the whole bot here, with a local Feishu; ONCE=1 stops after its questions, DOCS=PATH takes your documents
	$(BIN)/python -m bot demo $(if $(ONCE),--once) $(if $(DOCS),--docs "$(DOCS)")

test: dev ## all tests, on every core; ARGS="-m 'not slow'" leaves the slow ones out
	$(BIN)/python -m pytest -n auto --durations=20 $(ARGS)

$(LMDEPLOY)/ready: $(VENV)/development requirements-lmdeploy.txt
	$(BIN)/python -m venv --without-pip $(LMDEPLOY)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> `$(LMDEPLOY)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'`/fennel.pth
	$(BIN)/uv pip install --quiet --no-deps --python $(LMDEPLOY)/bin/python -r requirements-lmdeploy.txt
	@touch $@

test-lmdeploy: $(LMDEPLOY)/ready ## the model client against LMDeploy's real server, without a GPU
	$(LMDEPLOY)/bin/python -m pytest tests/lmdeploy $(ARGS)

$(LITELLM)/ready: $(VENV)/development requirements-litellm.txt
	$(BIN)/python -m venv --without-pip $(LITELLM)
	@$(INSTALL_INTO) $(LITELLM)/bin/python -r requirements-litellm.txt || $(FAILED)
	@touch $@

test-servers: $(LMDEPLOY)/ready $(LITELLM)/ready ## the model client against servers that others wrote, on the CPU
	FENNEL_TEST_SERVERS=1 $(BIN)/python -m pytest -n0 tests/servers $(ARGS)

test-llama: $(VENV)/development ## the same against llama-server, built here once from its sources
	sh tests/servers/build_llama.sh $(BIN) $(VENV)/llama
	FENNEL_TEST_SERVERS=1 FENNEL_LLAMA_SERVER=$(VENV)/llama/llama-server FENNEL_LLAMA_MODEL=$(VENV)/llama/model.gguf \
		$(BIN)/python -m pytest -n0 tests/servers $(ARGS)

lint: dev ## style, types, import directions, security, pinned dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit -q -r bot worker index simulator demo -c pyproject.toml
	@! grep -nEv '^ *(#|$$|[A-Za-z0-9._-]+==[0-9])' $(PINNED) \
		|| { echo "the lines above are not pinned: run make lock"; exit 1; }
	@for file in $(PINNED); do \
		$(BIN)/pip-audit --progress-spinner off --disable-pip --no-deps -r $$file >$(VENV)/audit 2>&1 \
			|| { cat $(VENV)/audit; exit 1; }; \
		all=`grep -c == $$file`; skipped=`grep -c 'could not be audited' $(VENV)/audit`; \
		echo "$$file: $$((all - skipped)) of $$all packages audited, no known vulnerabilities"; done

bench: dev ## all benchmarks; each is also python -m bench.NAME --json
	@for name in $$(ls bench/*.py | sed 's#bench/##; s#\.py##' | grep -v __init__); do \
		echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done

lock: $(VENV)/uv ## pins requirements*.in again
	$(BIN)/uv pip compile --quiet --no-header --python-version 3.11 --upgrade-package torch requirements-dev.in -o requirements-dev.txt
	sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements-dev.txt
	$(BIN)/uv pip compile --quiet --no-header --python-version 3.11 -c requirements-dev.txt requirements-cpu.in -o requirements-cpu.txt
	$(BIN)/uv pip compile --quiet --no-header --python-version 3.11 requirements.in -o requirements.txt

clean: ## removes the environment and the demo's data
	rm -rf $(VENV) $(LMDEPLOY) $(LITELLM) data .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
