# vaultsim: `make help` is the manual.
SHELL       := /bin/bash
PYTHON      ?= python3
UV          ?= uv
VENV        := .venv
BIN         := $(VENV)/bin
INSTALLED   := $(VENV)/.installed
DEMO        := genesis/localnet
PYTEST_ARGS ?= -n auto

# The recorded runs of the real chain that must be equal, in recorded and in proposer form.
VECTORS_DIR ?= ../shared/vectors
VECTORS     ?= ledger signatures faq-slippage-low faq-slippage-medium faq-slippage-high faq-slippage-high-main \
               quoting takers book funding liquidation listing admin edges sub-second vault-under-water \
               soak-11 soak-12 soak-13 soak-14 perf-200

.DEFAULT_GOAL := help
FLOW_BLOCKS ?= 2000
.PHONY: help install demo genesis mainnet test interop check format bench proto lock vectors vectors-recorded vectors-proposed vectors-asked clean

help:
	@printf '%s\n' \
	'vaultsim: a deterministic simulator of a dYdX-like chain, centred on MegaVault' \
	'' \
	'usage: make TARGET       (every target sets up .venv first when it is missing)' \
	'' \
	'  demo      replay genesis/localnet and print the summary of its vaults' \
	'            make demo DEMO=genesis/faq-ownership    another of the chains under genesis/' \
	'  genesis   write the chains under genesis/ again (the same bytes)' \
	'  mainnet   run FLOW_BLOCKS (default 2000) blocks of genesis/mainnet three ways, with checks after each block' \
	'  test      run every test on all cores' \
	'            make test PYTEST_ARGS="-k shares -x"    some of them, in this process' \
	'  interop   let the official Python, Cosmos and JavaScript clients trade with running nodes' \
	'            (installs them under .interop/ on the first run; needs Node.js)' \
	'            make interop CLIENTS="js"               some of: dydx cosmpy cosmpy-rest cosmpy-instant js' \
	'  check     what CI asks besides the tests: formatting, ruff, mypy --strict,' \
	'            the architecture tests, and that `make proto` changes nothing' \
	'  vectors   run the program over the recorded runs of the real chain in VECTORS_DIR' \
	'            (default ../shared/vectors), recorded and proposer form, and ask their' \
	'            recorded queries over gRPC and JSON-RPC' \
	'            make vectors VECTORS="ledger book"      some of them' \
	'  bench     print the benchmark figures of this machine' \
	'  proto     generate vaultsim/pb from proto/' \
	'  format    let ruff format the code and mend what it can' \
	'  install   make .venv from requirements.lock (exact versions, hashes checked)' \
	'  lock      resolve requirements.lock anew from pyproject.toml (needs uv)' \
	'  clean     remove .venv, .interop, caches and build output' \
	'' \
	'variables: PYTHON (default python3) makes .venv and must be 3.11 or later.'

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "vaultsim needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 ..." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked environment into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(INSTALLED)
	@$(BIN)/vaultsim replay $(firstword $(wildcard $(DEMO)/genesis.json $(DEMO)/genesis.json.gz)) \
	  $(firstword $(wildcard $(DEMO)/blocks.jsonl $(DEMO)/blocks.jsonl.gz))

genesis: $(INSTALLED)
	@$(BIN)/python scripts/make_genesis.py

mainnet: $(INSTALLED)
	@$(BIN)/python scripts/run_mainnet.py --blocks $(FLOW_BLOCKS)

test: $(INSTALLED)
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

interop: $(INSTALLED)
	@$(BIN)/python scripts/run_interop.py $(CLIENTS)

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/architecture
	$(BIN)/python scripts/check_generated.py

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED)
	@$(BIN)/python scripts/bench.py

proto: $(INSTALLED)
	@$(BIN)/python scripts/generate_pb.py

lock:
	@{ echo '# Exact pins and hashes of the development environment; resolved from pyproject.toml by `make lock`.'; \
	   $(UV) pip compile pyproject.toml --group dev --extra client --universal --python-version 3.11 --generate-hashes \
	     --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet; } > requirements.lock.new \
	  && mv requirements.lock.new requirements.lock || { rm -f requirements.lock.new; exit 1; }

vectors: $(INSTALLED)
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=line vectors-recorded vectors-proposed vectors-asked

vectors-recorded: $(INSTALLED)
	@$(PYTHON) $(VECTORS_DIR)/check.py --bin $(BIN)/vaultsim $(VECTORS)

vectors-proposed: $(INSTALLED)
	@$(PYTHON) $(VECTORS_DIR)/check.py --bin $(BIN)/vaultsim --propose $(VECTORS)

vectors-asked: $(INSTALLED)
	@$(BIN)/python -m tests.vectors.responses $(VECTORS_DIR) $(VECTORS)

clean:
	rm -rf $(VENV) .interop build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
