# Every command of the project; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

HOST ?= 127.0.0.1
PORT ?= 8080
LAN ?=
FORBID_SKIPS ?=
PYTEST_ARGS ?=
# Two at once, a whole file at a time: most tests wait for calls. One: TEST_PROCESSES=0.
TEST_PROCESSES ?= 2

.PHONY: help setup run test test-long test-web lint format bench screenshots clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
	@echo
	@echo "make run LAN=1   also listens on the network, over HTTPS with a certificate authority of its own"

setup: $(VENV)/.ready web/dist/.ready ## Virtual environment, packages and front end (seconds when repeated)
	@:

$(VENV)/.python:
	@python="$$(scripts/python.sh)"; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV)
	@touch $@

# The lock is complete, hence --no-deps; nothing in it is compiled.
$(VENV)/.ready: $(VENV)/.python requirements.txt requirements-dev.txt pyproject.toml
	@echo "Installing Python packages"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		-r requirements.txt -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	@touch $@

web/node_modules/.ready: web/package.json web/package-lock.json | $(VENV)/.ready
	@echo "Installing front-end packages"
	@export PATH="$$(scripts/node_dir.sh):$$PATH"; cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/.ready: web/node_modules/.ready $(WEB_SOURCES)
	@echo "Building the front end"
	@export PATH="$$(scripts/node_dir.sh):$$PATH"; cd web && \
		npm run --silent build:customer -- --logLevel warn && npm run --silent build:console -- --logLevel warn
	@touch $@

run: setup ## Serve the demo on http://127.0.0.1:8080/ (LAN=1, HOST=, PORT=)
	@$(BIN)/vcounter serve --demo --host $(HOST) --port $(PORT) $(if $(LAN),--lan)

test: setup ## All tests, with real servers and a real browser (under 20 minutes)
	@scripts/install_test_servers.sh
	@$(MAKE) test-web
	@$(if $(FORBID_SKIPS),VCOUNTER_TEST_FORBID_SKIPS=1) $(BIN)/python -m pytest -m "not long" \
		-n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test-long: setup ## The same suites at full size (hours)
	@scripts/install_test_servers.sh
	@$(MAKE) test-web
	@VCOUNTER_TEST_LONG=1 $(BIN)/python -m pytest -o timeout=7200 $(PYTEST_ARGS)

test-web: web/node_modules/.ready ## The front end's own tests
	@export PATH="$$(scripts/node_dir.sh):$$PATH"; cd web && npm test --silent

lint: $(VENV)/.ready web/node_modules/.ready ## Format, lint, types and import rules, Python and TypeScript
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@PYTHONPATH=. $(BIN)/python scripts/gen_reference_docs.py --check
	@export PATH="$$(scripts/node_dir.sh):$$PATH"; cd web && npm run --silent typecheck

format: $(VENV)/.ready ## Rewrite Python files in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## Whole visits on a server of its own: how many a minute, and how long each takes
	@$(BIN)/vcounter simulate visits -n 12 --parallel 6 --actions all

screenshots: setup ## Draw docs/screenshots anew from a real visit in Chromium
	@scripts/install_test_servers.sh
	@PYTHONPATH=. $(BIN)/python scripts/make_screenshots.py

clean: ## Remove everything that setup made (not the data in var/)
	@rm -rf $(VENV) web/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache *.egg-info
