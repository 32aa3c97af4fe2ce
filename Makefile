VENV := .venv
PYTHON := $(firstword $(foreach name,python3.11 python3,$(shell command -v $(name))))
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
PIP := $(BIN)/python -m pip --disable-pip-version-check install
# What a program says is worth reading only when it fails.
quietly = said=$$($(1) 2>&1) || { printf '%s\n' "$$said"; exit 1; }
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-strip-extras --no-emit-index-url --python-version 3.11

# The tests start Python some hundred times; to compile every module each time would take minutes.
export PYTHONDONTWRITEBYTECODE :=

LANE_BY_LANE := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help run test unit pictures format lock clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(INSTALLED) ## Start real servers and the whole service; Ctrl-C stops them
	@GAMEHALL_GUESTS=$${GAMEHALL_GUESTS-true} $(BIN)/gamehall up

test: $(TESTABLE) ## Run every check and the whole test suite, on servers of its own
	@$(BIN)/coverage erase
	@echo 'Three lanes of tests run side by side; each tells what it found when it ends.'
	@$(MAKE) --no-print-directory --jobs 3 $(LANE_BY_LANE) $(LANES)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --include='domain/*,application/*,projections/*' --fail-under=99

# In this order: what takes longest begins first, but for the one that waits for nearly all.
LANES := lane-hall lane-servers lane-unit lane-promises lane-pages lane-apart lane-chaos

# Lanes that wait for servers, and two that take what these leave of the processor.
lane-hall: LANE := hall and not apart and not documents and not contract
lane-promises: LANE := hall and not apart and (documents or contract)
lane-servers: LANE := servers
lane-apart: LANE := apart
lane-chaos: LANE := chaos
lane-unit: LANE := unit and not browser
lane-pages: LANE := unit and browser
# Where these are; to look at all tests takes ten seconds. What is said of a lane counts for those
# that it waits for as well, unless they say it themselves.
lane-hall: PLACES := tests/effects tests/faults tests/operations tests/pages tests/player_events tests/sign_in tests/stack tests/subjects tests/vertical
lane-servers: PLACES := tests/contracts tests/effects tests/eventlog tests/faults tests/feed tests/kafka tests/mail tests/player_events tests/projections tests/stack tests/subjects
lane-promises: PLACES := tests/docs tests/contracts
lane-apart: PLACES := tests/docs tests/stack tests/subjects tests/vertical
lane-chaos: PLACES := tests/chaos
lane-pages: PLACES := tests/pages tests/sign_in
lane-unit lane-pages: GIVE_WAY := nice -n 5
# In these is what the bound on coverage needs; to trace more doubles the time of each line of Python.
lane-unit lane-servers: COVER := --cov --cov-report=
# From the OpenAPI document cases are made as soon as these tests are looked for, all for a hall.
unit lane-unit lane-servers: PASS_OVER := --ignore=tests/contracts/test_operations.py
# Brokers of tests live for minutes; what Java gains by optimizing it has not paid off by then.
lane-%: export JDK_JAVA_OPTIONS := -XX:TieredStopAtLevel=1
lane-%:
	COVERAGE_FILE=.coverage.$* $(GIVE_WAY) $(BIN)/pytest -q -m '$(LANE)' $(PLACES) $(PASS_OVER) $(COVER)

# In that lane checks are made in copies, with what was found here kept; and three brokers want
# their turn when nobody else has servers.
lane-apart: checks
lane-chaos: lane-hall lane-promises lane-servers lane-apart

checks:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(TESTABLE) ## Run the tests that need neither server nor browser, in less than a minute
	$(BIN)/pytest -m 'unit and not browser' $(PASS_OVER) --numprocesses 2 --dist worksteal

pictures: $(TESTABLE) ## Take the pictures of the documents anew
	rm -f docs/pictures/*
	PICTURES=yes $(BIN)/pytest -q -m 'unit and browser' tests/pages
	$(BIN)/python -m tests.pages.proof
	$(BIN)/python -m tests.docs.reference

format: $(TESTABLE) ## Put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(TESTABLE) ## Pin the newest versions of all requirements and of Kafka's jars
	$(COMPILE) --upgrade requirements.in -o requirements.txt
	$(COMPILE) --upgrade requirements-dev.in -o requirements-dev.txt
	$(BIN)/python -m infra.stack.jars

clean: ## Remove what can be made again; data in .gamehall stays
	rm -rf $(VENV) *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed; $(PYTHON) is older.'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing into $(VENV), which takes a minute or two, once …'
	@$(call quietly,$(PIP) --require-hashes -r requirements.txt)
	@$(call quietly,$(PIP) --no-deps --no-build-isolation --editable .)
	@touch $@

$(TESTABLE): $(INSTALLED) requirements-dev.txt
	@echo 'Installing what tests need …'
	@$(call quietly,$(PIP) --require-hashes -r requirements-dev.txt)
	@touch $@
