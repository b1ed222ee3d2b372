# Every target works on a machine with git, make and python3: it makes .venv and installs what it needs.
.PHONY: demo test test-postgresql test-long check bench docs lock clean run-environment test-environment

BIN := .venv/bin
# Java is what the Spark engine needs; without it its tests skip and say so.
TESTING := $(shell command -v java >/dev/null 2>&1 && echo spark || echo test)

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 14

demo: run-environment ## build the example authority and open the service on it
	@$(BIN)/headway demo

test: test-environment ## the quick tests, on both cores
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not long" --durations=15
ifneq ($(wildcard /usr/lib/postgresql/*/bin/initdb),)
	@$(MAKE) --no-print-directory test-postgresql
else
	@echo "There is no PostgreSQL server here, so the service was tested on SQLite only. On Debian: apt-get install postgresql"
endif

test-postgresql: test-environment ## what the database itself does, on a PostgreSQL server of its own
	HEADWAY_TEST_DATABASE=postgresql $(BIN)/python -m pytest $(addprefix tests/web/,$(ON_POSTGRESQL)) -n 2 --dist loadgroup \
		-m "not long" --durations=5
# Parts whose constraints, triggers, searches, locks and queue are the database's own work; `make test-long` takes all of them.
ON_POSTGRESQL := audit people jobs schools asks privacy running

test-long: test-environment ## what takes minutes
	$(BIN)/python -m pytest -m long --timeout 3600
ifneq ($(wildcard /usr/lib/postgresql/*/bin/initdb),)
	HEADWAY_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/web -n 2 --dist loadgroup
endif

check: test-environment ## lint, layout, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: test-environment ## speed and memory, as ratios within one run
	@for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

docs: test-environment ## write docs/reference anew
	$(BIN)/python docs/build.py

lock: ## resolve the dependencies anew, with hashes and without addresses
	@sh scripts/set-up.sh nothing
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build -o requirements/run.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build --group test -o requirements/test.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build --group test --extra spark -o requirements/spark.txt
	$(BIN)/uv pip compile $(LOCK) --group npm -o requirements/npm.txt
LOCK := -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

clean: ## remove the environment and the example authority
	rm -rf .venv .demo

run-environment:
	@sh scripts/set-up.sh run

test-environment:
	@sh scripts/set-up.sh $(TESTING)
