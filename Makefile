# Every target starts from a fresh clone: what it needs is made first.

PYTHON ?= python3
BIN := .venv/bin

# A .venv that was half made, copied elsewhere, or whose Python is gone is made anew.
unless_usable = $(if $(shell $(1)/bin/python -c '' 2>/dev/null && [ "$$(cat $(1)/.installed 2>/dev/null)" = "$(CURDIR)" ] && echo yes),,FORCE)

.DEFAULT_GOAL := help
.PHONY: help install run test test-compose screenshots lint lock bench bench-large bench-checker bench-sandbox bench-web FORCE

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed  ## Make or refresh .venv from requirements.lock

run: install  ## Serve http://127.0.0.1:8000 (another port: make run PORT=8080)
	@$(BIN)/flask db upgrade
	@$(BIN)/flask first-run
	@exec $(BIN)/gunicorn --config dockr/gunicorn.conf.py project.wsgi:app

test: install  ## Run the tests and print their coverage (some of them: make test ARGS="-k servers")
	@tests/install-programs
	$(BIN)/python -m pytest $(or $(ARGS),--cov --numprocesses 4 --dist worksteal)

bench: .venv-bench/.installed  ## Run a tick at full speed beside Celery and Dramatiq, then the checker, half an hour (a part: make bench ARGS="--sizes 1000 --rounds 1")
	@tests/install-programs
	.venv-bench/bin/python -m benchmarks $(ARGS)
	$(if $(ARGS),,.venv-bench/bin/python -m benchmarks.calls)
	$(if $(ARGS),,$(MAKE) bench-checker bench-sandbox)

bench-large: install  ## Measure a tick beside ten million results, and verify one of a million Tasks, ten minutes
	@tests/install-programs
	$(BIN)/python -m benchmarks.large $(ARGS)

bench-checker: install  ## Measure checker check over 60 tasks, on one core and on all, and checker export of 1,000 files, a minute
	@tests/install-programs
	$(BIN)/python -m benchmarks.checker $(ARGS)

bench-sandbox: install  ## Measure what the checker's sandbox costs a run, ten seconds
	@tests/install-programs
	$(BIN)/python -m benchmarks.sandbox $(ARGS)

bench-web: install  ## Measure pages with a million Tasks and ten million results, beside stock Flask-Admin, and what courses cost, a quarter of an hour
	@tests/install-programs
	$(BIN)/python -m benchmarks.web $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m benchmarks.courses)

test-compose: install  ## Prove the containers, on a Docker engine that is there (docs/deploy.md); takes a quarter of an hour
	$(BIN)/python -m pytest -m compose $(or $(ARGS),tests/compose)

screenshots: install  ## Take the pictures in docs/images anew, with Chromium
	@tests/install-programs
	$(BIN)/python -m tests.screenshots

lint: install  ## Check style, types, and for what is known to be unsafe
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml .
	$(BIN)/python .ci/vulnerabilities.py $(BIN)/pip-audit requirements.lock

lock: install  ## Pin what setup.cfg asks for into the lock files (newer versions too: make lock ARGS=--upgrade)
	$(PIN) --extra site --extra checker --extra reload --extra test --extra dev --output-file requirements.lock setup.cfg
	$(PIN) --constraint requirements.lock --extra site --extra reload --output-file dockr/requirements.lock setup.cfg
	$(PIN) --constraint requirements.lock --extra site --extra test --extra bench --output-file benchmarks/requirements.lock setup.cfg

PIN = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options $(ARGS)

.venv/.installed: requirements.lock $(call unless_usable,.venv)
.venv-bench/.installed: benchmarks/requirements.lock $(call unless_usable,.venv-bench)
%/.installed:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or newer with venv is missing. Debian, Ubuntu: apt install make python3 python3-venv. Another Python: make PYTHON=python3.12' >&2; exit 1; }
	@echo 'Installing the pinned packages into $(@D); this takes a minute.'
	@$(PYTHON) -m venv --clear $(@D)
	@# A pip before 23.3 that follows dependencies wants the newest of what is asked for with an extra, whatever is pinned: pypa/pip issue 9644.
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@$(@D)/bin/python -m pip --disable-pip-version-check check
	@echo '$(CURDIR)' > $@
