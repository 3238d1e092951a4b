# Eksternstudium: `make help` lists what can be made.
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/.installed
RIVALS := $(VENV)/.rivals
BROWSER_FILES := static/packages/.copied
CATALOGUES := $(VENV)/.catalogues

.PHONY: help install translations demo audit test coverage lint bench soak screenshots release release-check clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 12

install: $(TOOLS) $(BROWSER_FILES) $(CATALOGUES) ## set all up in .venv

# --without-pip and --python: Debian has venv without its ensurepip part, and pip apart.
$(TOOLS): pyproject.toml constraints.txt tools/wheel_files.py
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'
	touch $@

# The rivals of the bench: what measures us only is never part of what is installed otherwise.
$(RIVALS): $(TOOLS)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[bench]'
	touch $@

# Node comes as a Python package, so that the machine needs none.
$(BROWSER_FILES): package.json package-lock.json .npmrc $(TOOLS) tools/browser_files.py
	$(BIN)/python tools/browser_files.py
	touch $@

# Catalogues are kept as people write them, and compiled when the project is installed.
$(CATALOGUES): $(wildcard webapp/translations/*/LC_MESSAGES/*.po webapp/cli/translations/*/LC_MESSAGES/*.po) $(TOOLS)
	$(BIN)/pybabel --quiet compile --directory webapp/translations
	$(BIN)/pybabel --quiet compile --domain click --directory webapp/cli/translations
	touch $@

translations: install ## bring the texts of the screens into the catalogues, for the translators
	$(BIN)/pybabel --quiet extract --mapping-file babel.toml --keyword Refusal --keyword lazy_gettext \
		--no-location --sort-output --width 110 --output-file webapp/translations/messages.pot .
	for language in nn en; do $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --init-missing \
		--ignore-pot-creation-date --width 110 --input-file webapp/translations/messages.pot \
		--output-dir webapp/translations --locale $$language; done

demo: install ## the main job on the demo network; ONCE=1 ends after the fetch
	@$(BIN)/eksternstudium demo $(if $(ONCE),--once)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: install ## known weaknesses of the packages; audit.toml has what is passed over
	$(BIN)/python tools/audit.py

# First what may run beside others, then what waits for moments that others would make it miss: tests/alone.py. Files
# stay whole and in their order, so that the long ones do not come last. Bytecode is kept, whatever the environment says:
# some fifty programs are started.
test: export PYTHONDONTWRITEBYTECODE =
test: install lint ## everything that must hold, real browser included
	$(BIN)/python tools/debian.py
	$(BIN)/python -m pytest -m "not alone" --numprocesses 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -m alone --numprocesses 1
	@echo "Everything holds."

coverage: install ## which lines the tests reach
	$(BIN)/python tools/debian.py
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

bench: install $(RIVALS) ## speed beside what users would pick instead; QUICK=1, ROUNDS=5, PEOPLE=100000, ONLY=imports, MARKDOWN=docs/benchmarks.md
	$(BIN)/python bench $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PEOPLE),--people $(PEOPLE)) \
		$(if $(ONLY),--only $(ONLY)) $(if $(MARKDOWN),--markdown $(MARKDOWN))

soak: install ## a day in ten minutes, or MINUTES=60; HOURS=1: then runs of 100,000 people, and runs that are killed
	$(BIN)/python bench/soak.py --minutes $(or $(MINUTES),10)
ifdef HOURS
	$(BIN)/python bench/nightly.py
	$(BIN)/python bench/killed_run.py
	$(BIN)/python bench/killed_run.py --lost
	$(BIN)/python bench/dask_run.py
	MOMENTS=20 $(BIN)/python -m pytest tests/test_killed.py
endif

screenshots: docs ## pictures of every screen into docs/
	$(BIN)/python tools/debian.py
	$(BIN)/python tools/screenshots.py

.PHONY: docs
# Not --quiet: it keeps warnings from being counted, and --strict from failing.
docs: install ## the documentation as a site, in site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

release: install ## the one file, a wheel, an sdist and their checksums, into dist/
	rm -rf dist
	$(BIN)/python tools/release.py dist

release-check: install ## build the release twice, in two folders, and compare the bytes
	$(BIN)/python tools/release.py --check

clean: ## back to a fresh checkout; the instance folder stays
	rm -rf $(VENV) node_modules static/packages .demo .bench dist build site
