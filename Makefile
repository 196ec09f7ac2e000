# The two commands that matter: `make lab` to learn, `make test` to check everything.
# PYTHON names another interpreter (3.11 or newer), TORCH=cpu takes the small CPU build of PyTorch.
PYTHON ?= python3
TORCH ?= default
BIN := .venv/bin
FIRST_LESSON := lessons/01_confusion_matrix.ipynb
# Without encryption every kernel warns in the terminal that other users of the computer could listen.
LAB_FLAGS := --KernelManager.transport_encryption=auto $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help set-up lab test test-all build site lint bench screenshot

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

set-up:  ## make .venv with all packages (the other targets call it)
	@$(PYTHON) tools/set_up.py --torch $(TORCH)

lab: set-up  ## open JupyterLab at the first lesson
	$(BIN)/jupyter lab $(LAB_FLAGS) --ServerApp.root_dir=$(CURDIR) --LabApp.default_url=/lab/tree/$(FIRST_LESSON)

test: set-up  ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not long" $(PYTEST_FLAGS)

test-all: set-up  ## run all tests: hostile submissions, kills, all lessons in a browser, pre-training anew, stock nbgrader (two hours)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_FLAGS)

build: set-up  ## build lessons/, quizzes/ and solutions/ from course/
	$(BIN)/python -m autograder.build

site: set-up  ## build the web site in site/ (runs lessons that have changed)
	$(BIN)/python website/build.py

lint: set-up  ## check the style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: set-up  ## print the benchmarks' tables
	for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

screenshot: set-up  ## make the README's picture again
	$(BIN)/python tools/screenshot.py
