# The verbs of the workshop. `make run` and `make test` set up all that they need by themselves.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export CLAWLINK_CACHE ?= $(CURDIR)/.cache
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin

.PHONY: help run demo dev test test-agents check format bench lock docs types ui ui-budgets screenshots clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t14

run: $(VENV)/run.stamp ui ## serve on http://127.0.0.1:8000, with SQLite and no keys
	@exec $(BIN)/clawlink serve

demo: $(VENV)/run.stamp ui ## a sample board with real commits by a real agent, without any key
	@exec $(BIN)/clawlink demo

dev: $(VENV)/dev.stamp ## serve on http://127.0.0.1:5173, and show or start anew what changes
	@exec scripts/dev.sh

ui: $(VENV)/run.stamp ## build the web interface, if it has changed
	@exec $(BIN)/python scripts/build_ui.py

ui-budgets: ui ## what the web interface weighs, beside its limits
	@exec $(BIN)/python scripts/ui_budgets.py

screenshots: $(VENV)/dev.stamp ui ## take the pictures of docs/ anew, of the demo with its real agents
	@scripts/peers/debian.sh
	@exec $(BIN)/python scripts/screenshots.py

test: $(VENV)/dev.stamp ui ## every test, with real servers and agents
	@scripts/peers/debian.sh
	@PATH="$(BIN):$$PATH" scripts/peers/all.sh & peers=$$!; \
	$(BIN)/python scripts/build_ui.py run vitest run --reporter=dot && wait $$peers
	@exec $(BIN)/python -m pytest --numprocesses 3 --dist loadfile

test-agents: $(VENV)/dev.stamp ## drive real agents, other people's programs, through the catalogue; ends with a table
	@scripts/peers/debian.sh
	@PATH="$(BIN):$$PATH" scripts/peers/agents.sh
	@exec $(BIN)/python -m pytest -q tests/real_agents

check: $(VENV)/dev.stamp ## format, lint, types, floors
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/ruff check src tests bench scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/ui_types.py --check
	$(BIN)/python scripts/build_ui.py run npm run --silent check

format: $(VENV)/dev.stamp ## put the code into its form
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

bench: $(VENV)/dev.stamp ## the figures, beside their peers and limits
	@scripts/peers/debian.sh
	@exec $(BIN)/python -m bench

lock: ## pin all dependencies anew, with hashes and without addresses
	scripts/lock.sh

docs: $(VENV)/dev.stamp types ## make the generated pages of docs/reference anew
	$(BIN)/python scripts/reference.py

types: $(VENV)/dev.stamp ## make the types of the web interface anew from what the hub says of itself
	$(BIN)/python scripts/ui_types.py

clean: ## remove what `make` has made
	rm -rf $(VENV) $(CLAWLINK_CACHE) build dist ui/node_modules src/coderclawlink/web/static

$(VENV)/run.stamp: requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh requirements-dev.lock
	@touch $@ $(VENV)/run.stamp
