# Two commands to know: `make demo` and `make test`. Both set up what they need on a bare machine first (Python 3.11 to
# 3.13 with its venv module is all they ask for) and are quick the second time. They share one environment: `make demo`
# puts in it what the default profile uses, `make test` the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LIGHT := $(VENV)/.light
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
# What the default profile uses beside the core; of what these ask for, requirements-light.excludes is left out.
LIGHT_EXTRAS := cpu eval mini office photos pymupdf svg
# What tests are written with, for the environment of `make test-light`.
TEST_TOOLS := hypothesis pytest pytest-timeout pytest-xdist reportlab

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(if $(wildcard $(READY)),$(READY),$(LIGHT)) ## Set up, then ask three questions of a sample corpus.
	$(BIN)/ragmm demo --out demo-output

.PHONY: test
test: install ## Set up, then run the default tests (no network, no GPU).
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: install install-light
install: $(READY) ## Make the virtual environment from the hash-locked requirements: everything.
install-light: $(LIGHT) ## The same with what the default profile uses alone: no torch.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ragmm needs Python 3.11 to 3.13 on the PATH" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "ragmm needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "making the virtual environment failed; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(UV): requirements-setup.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@touch $@

# Without looking at what packages ask for: the locks name all there is to install, and the light one less than is asked.
INSTALL := $(UV) pip install --quiet --python $(BIN)/python --no-deps
$(LIGHT): requirements-light.lock pyproject.toml $(UV)
	$(INSTALL) --require-hashes -r requirements-light.lock
	$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(READY): requirements.lock pyproject.toml $(UV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation --editable .
	@touch $@

.PHONY: test-light
test-light: ## The default profile, the command and the loaders in a fresh environment without torch.
	rm -rf .venv-light
	$(MAKE) VENV=.venv-light test-light-here

# Fewer tests than that would mean that something is skipped that should not be.
AT_LEAST := 1500
LIGHT_TESTS := tests/cli tests/contracts/test_loaders.py tests/contracts/test_pdf_backends.py \
  $(patsubst %,tests/unit/test_%.py,answers charts extras image_loader ingest loader_fingerprints measuring models \
  model_files ocr office office_alike packages pdf probe readers svg table_heads text_loaders wiring)
.PHONY: test-light-here
test-light-here: $(LIGHT)
	$(INSTALL) --require-hashes -r requirements-test.lock
	! $(BIN)/python -c 'import torch' 2> /dev/null
	$(BIN)/pytest -n 2 --dist loadfile --at-least $(AT_LEAST) $(LIGHT_TESTS) $(ARGS)
	$(BIN)/pytest -m slow --at-least 1 tests/unit/test_without_torch.py

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
COMPILE := $(UV) pip compile --quiet $(LOCK_OPTIONS)
lock: $(UV) ## Resolve the requirements anew, with hashes and without host names: everything, the default's, the set-up's.
	$(COMPILE) --constraint requirements.constraints --extra all --extra dev pyproject.toml -o requirements.lock
	$(COMPILE) --constraint requirements.lock --excludes requirements-light.excludes \
	  $(addprefix --extra ,$(LIGHT_EXTRAS)) pyproject.toml -o requirements-light.lock
	printf '%s\n' $(TEST_TOOLS) | $(COMPILE) --constraint requirements.lock - -o requirements-test.lock
	printf '%s\n' hatchling uv==0.13.8 | $(COMPILE) --constraint requirements.lock - -o requirements-setup.lock

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
