# Eksternstudium: `make help` lists what can be made.
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/.installed
BROWSER_FILES := static/packages/.copied

.PHONY: help install demo test lint bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 12

install: $(TOOLS) $(BROWSER_FILES) ## set all up in .venv

# --without-pip and --python: Debian has venv without its ensurepip part, and pip apart.
$(TOOLS): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'
	touch $@

# Node comes as a Python package, so that the machine needs none.
$(BROWSER_FILES): package.json package-lock.json .npmrc $(TOOLS) tools/browser_files.py
	$(BIN)/python tools/browser_files.py
	touch $@

demo: install ## the main job on the demo network; ONCE=1 ends after the fetch
	@$(BIN)/eksternstudium demo $(if $(ONCE),--once)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: install lint ## everything that must hold, real browser included
	$(BIN)/python tools/browser.py
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

bench: install ## speed beside what users would pick instead
	$(BIN)/python bench/one_person.py $(if $(ROUNDS),--rounds $(ROUNDS))

clean: ## back to a fresh checkout; the instance folder stays
	rm -rf $(VENV) node_modules static/packages .demo dist build
