# Where a developer starts: `make` alone lists the commands.
.DEFAULT_GOAL := help
.PHONY: help venv demo browser pooler proxy test check screenshots simulate bench long soak torture crash-matrix
.DELETE_ON_ERROR:

# What was compiled once is kept, also where the environment would have it otherwise: else each process compiles it anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
STAMP := .venv/.installed

# The first Python that is new enough and can make a virtual environment; empty if there is none.
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 /usr/local/bin/python3 /usr/bin/python3
PYTHON ?= $(shell .ci/find-python $(CANDIDATES))

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

venv: $(STAMP) ## install everything into .venv, from the pins

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || test -n "$(PYTHON)" || { \
		echo 'alertnet needs Python 3.11 or newer with venv (tried: $(CANDIDATES)).' >&2; \
		echo 'On Debian and Ubuntu: apt-get install python3-venv. Elsewhere: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo 'Installing what alertnet needs into .venv, once: a minute or more.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	@# All of it compiled by all cores, where pip takes one file after the other; a first start would take seconds for it.
	$(BIN)/python -m compileall -qq -j 0 alertnet migrations .venv/lib & \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . && wait
	@touch $@

demo: venv ## open the sandbox in a browser (TOUR=1: play one incident in the terminal, and end)
	$(BIN)/alertnet demo $(if $(filter 1,$(TOUR)),--tour)

browser: venv
	@# In a fresh clone pytest would compile the tests first of all, with one core: so it does while a browser is downloaded.
	@ls tests/*/__pycache__/*-pytest-* >/dev/null 2>&1 || $(BIN)/python -m pytest --collect-only --quiet >/dev/null 2>&1 &
	$(BIN)/python -m tests.browser.chromium

pooler: venv
	$(BIN)/python -m tests.pgbouncer

proxy: venv
	$(BIN)/python -m tests.caddy

test: browser pooler proxy ## all tests but the long ones, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest --workers auto -m "not long" --durations 30 --durations-min 3

check: venv ## what must be clean before a commit: lint, format, types, fast tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict alertnet tests benchmarks simulation torture
	$(BIN)/python -m pytest -m "not long and not postgres and not browser"

screenshots: browser ## photograph the pages into docs/screenshots
	$(BIN)/python -m tests.browser.screenshots

simulate: venv ## live through nights in which everything fails, and check the promises (SEEDS=10000)
	$(BIN)/python -m simulation --seeds $(or $(SEEDS),10000)

bench: venv ## measure speed beside the ceiling and its peers, into bench.json and bench.svg (ROUNDS= NAMES="latency burst")
	$(BIN)/python -m benchmarks $(NAMES) --rounds $(or $(ROUNDS),1) --json bench.json

long: venv ## the tests that take minutes
	$(BIN)/python -m pytest -m long
	$(BIN)/python -m pytest -m "hypothesis and not long" --hypothesis-profile many

soak: venv ## one process for half an hour at fifty times the speed, with all that happens to it (MINUTES= SEED=)
	SOAK_MINUTES=$(or $(MINUTES),30) SOAK_SEED=$(or $(SEED),4711) $(BIN)/python -m pytest -m long -s tests/processes/test_soak.py

torture: venv ## try to lose an alert: kill -9, no database, a provider that fails (SECONDS= INCIDENTS= SEED= TIMES= TRIALS=)
	$(BIN)/python -m torture $(TRIALS) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(INCIDENTS),--incidents $(INCIDENTS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(TIMES),--times $(TIMES))

crash-matrix: venv ## kill at every point between two effects of every flow, and write docs/crash-matrix.md
	$(BIN)/python -m tests.crashes
