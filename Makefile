# Every target starts from a fresh clone: what it needs is made first.

PYTHON ?= python3
BIN := .venv/bin

# A .venv that was half made, copied elsewhere, or whose Python is gone is made anew.
USABLE := $(shell $(BIN)/python -c '' 2>/dev/null && [ "$$(cat .venv/.installed 2>/dev/null)" = "$(CURDIR)" ] && echo yes)

.DEFAULT_GOAL := help
.PHONY: help install run test lint lock FORCE

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed  ## Make or refresh .venv from requirements.lock

run: install  ## Serve http://127.0.0.1:8000 (another port: make run PORT=8080)
	@$(BIN)/flask db upgrade
	@$(BIN)/flask first-run
	@exec $(BIN)/gunicorn --config dockr/gunicorn.conf.py project.wsgi:app

test: install  ## Run the tests and print their coverage (some of them: make test ARGS="-k servers")
	@tests/install-programs
	$(BIN)/python -m pytest $(or $(ARGS),--cov --numprocesses auto --maxprocesses 4)

lint: install  ## Check style, types, and for what is known to be unsafe
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml .
	$(BIN)/python .ci/vulnerabilities.py $(BIN)/pip-audit requirements.lock

lock: install  ## Pin what setup.cfg asks for into requirements.lock (newer versions too: make lock ARGS=--upgrade)
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --all-extras \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options $(ARGS) --output-file requirements.lock setup.cfg

.venv/.installed: requirements.lock $(if $(USABLE),,FORCE)
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or newer with venv is missing. Debian, Ubuntu: apt install make python3 python3-venv. Another Python: make PYTHON=python3.12' >&2; exit 1; }
	@echo 'Installing the pinned packages into .venv; this takes a minute.'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements.lock
	@echo '$(CURDIR)' > $@
