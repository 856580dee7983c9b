# Two commands to know: `make demo` and `make test`. Both set everything up on a bare machine first (Python 3.11 to 3.13
# with its venv module is all they need) and are quick the second time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := $(BIN)/uv

# Nothing below may reach a model hub or send telemetry; packages are fetched by the set-up alone.
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY ?= 1
export SCARF_NO_ANALYTICS ?= true
export DO_NOT_TRACK ?= true
export UNSTRUCTURED_DISABLE_NOTICE ?= 1
export TOKENIZERS_PARALLELISM ?= false
# Hundreds of tests start the command anew: without compiled files each start costs a second.
unexport PYTHONDONTWRITEBYTECODE

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: install ## Set up, then ask three questions of a sample corpus.
	$(BIN)/ragmm demo --out demo-output

.PHONY: test
test: install ## Set up, then run the default tests (no network, no GPU).
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: install
install: $(READY) ## Make the virtual environment from the hash-locked requirements.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ragmm needs Python 3.11 to 3.13 on the PATH" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "ragmm needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "making the virtual environment failed; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(READY): requirements.lock requirements-setup.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: check
check: install ## Lint, formatting, types, import directions, the house, generated docs.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.house
	$(BIN)/python -m tools.make_reference --check

.PHONY: fix
fix: install ## Repair what ruff can repair, and format.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: test-slow
test-slow: install ## Tests that take minutes.
	$(BIN)/pytest -m slow --timeout 1800 $(ARGS)

.PHONY: gpu
gpu: ## What a CUDA device brings, in 8 minutes, with whatever Python is there; ARGS="--pretend" tries it without one.
	$(or $(PYTHON),python3) -m bench.gpu $(ARGS)

.PHONY: test-gpu
test-gpu: install ## Tests that need a CUDA device.
	$(BIN)/pytest -m gpu --timeout 1800 $(ARGS)

# Tests elsewhere that a promise rests on too; a test looks whether each is there.
HOLDING = tests/unit/test_store.py tests/unit/test_ingest.py tests/unit/test_worker.py tests/unit/test_batching.py \
  tests/unit/test_models.py tests/unit/test_model_files.py tests/unit/test_loader_fingerprints.py \
  tests/unit/test_sync.py tests/unit/test_sync_remote.py tests/unit/test_sync_upkeep.py

.PHONY: faults
faults: install ## Crash, power-loss, damage and soak runs; prints each promise and how it was kept.
	$(BIN)/pytest tests/faults tests/hostile $(HOLDING) -m "(faults or not faults) and not long" --timeout 3600 $(ARGS)

.PHONY: faults-long
faults-long: export RAGMM_KILLS ?= 1000
faults-long: install ## Hours: kills by the thousand, readers for minutes, seven months of nights.
	$(BIN)/pytest tests/faults -m long --timeout 40000 $(ARGS)

.PHONY: bench
bench: install ## Measure and print tables (nothing is asserted). One only: make bench BENCH=store
	for bench in $(or $(BENCH),$(filter-out plain frameworks ingest warm,$(basename $(notdir $(wildcard bench/[a-z]*.py))))); do \
	  echo "== $$bench"; $(BIN)/python -m bench.$$bench; done

.PHONY: bench-peers
bench-peers: install ## Give each framework of bench.beside an environment of its own, with ragmm's versions of torch and the like.
	mkdir -p .venv-peers
	$(UV) pip freeze --quiet --python $(BIN)/python | grep -E '^(torch|transformers|sentence-transformers)==' > .venv-peers/versions.txt
	grep -v '^#' bench/peers.txt | while read -r name wants; do \
	  test -x .venv-peers/$$name/bin/python || $(UV) venv --quiet --python $(BIN)/python .venv-peers/$$name; \
	  $(UV) pip install --quiet --python .venv-peers/$$name/bin/python -c .venv-peers/versions.txt $$wants faiss-cpu sentence-transformers; \
	done

# make eval DATA=FOLDER [SETS="…"] evaluates collections built of the sets in FOLDER; without DATA, the shipped models.
.PHONY: eval eval-sets
SETS ?= zh_cmrc_text financebench mmlongbench
eval: $(if $(DATA),eval-sets,eval-clip eval-vlm) ## Measure the shipped models on held-out pictures; with DATA=FOLDER, whole answers.
eval-sets: install
	$(BIN)/python -m tools.eval_sets "$(DATA)" $(SETS) $(ARGS)

.PHONY: answers
answers: install ## Judge answers to our own questions; with DATA=FOLDER [SETS="…"], to those of the sets too.
	$(BIN)/python -m tools.check_answers $(if $(DATA),"$(DATA)" $(if $(filter command line environment,$(origin SETS)),$(SETS))) $(ARGS)

.PHONY: docs
docs: install ## Write the generated reference pages.
	$(BIN)/python -m tools.make_reference

.PHONY: picture
picture: install ## Draw the README's picture anew from what the demo prints.
	$(BIN)/python -m tools.make_picture $(ARGS)

.PHONY: lock
lock: install ## Resolve the requirements anew, with hashes and without host names.
	$(UV) pip compile --quiet $(LOCK_OPTIONS) --extra all --extra dev pyproject.toml -o requirements.lock
	echo 'uv==0.13.8' | $(UV) pip compile --quiet $(LOCK_OPTIONS) - -o requirements-setup.lock

.PHONY: clean
clean: ## Remove what was built, except the virtual environment and collections.
	rm -rf dist build demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find ragmm training tools tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Training. Each takes a GPU where there is one and otherwise a night on two cores; ARGS go to the program.
.PHONY: train-pictures train-clip eval-clip train-vlm eval-vlm
train-pictures: install ## Draw a sheet of the pictures that the mini models are trained on.
	$(BIN)/python -m training.pictures --out work-models/pictures $(ARGS)
train-clip: install ## Train the image tower of the mini shared space.
	$(BIN)/python -m training.clip.train $(ARGS)
eval-clip: install ## Evaluate the shipped image tower.
	$(BIN)/python -m training.clip.evaluate $(ARGS)
train-vlm: install ## Train the mini vision-language model.
	$(BIN)/python -m training.vlm.train $(ARGS)
eval-vlm: install ## Evaluate the shipped vision-language model.
	$(BIN)/python -m training.vlm.evaluate $(ARGS)
