# Everything starts here: `make run` to try the ledger, `make test` before a change goes in.
# Needs Python 3.11 or later and make; the rest is installed into .venv, from lock files with hashes.

PORT ?= 8000
V := .venv/bin
CHECKED := overtime_ledger grants tasking claims tests manage.py

# What development and the demonstration run with. A variable that is already set wins.
export LEDGER_TODAY ?= 2021-03-08
export LEDGER_DEMONSTRATION ?= true
export ALLOWED_HOSTS ?= localhost,127.0.0.1
export HTTPS ?= false
# Messages go no further than the terminal, and only when `send_messages` or `nightly` is run.
export EMAIL_URL ?= consolemail://
export DEFAULT_FROM_EMAIL ?= ledger@localhost
export BASE_URL ?= http://127.0.0.1:$(PORT)

# Starts a recipe that needs the settings: the development database unless DATABASE_URL is set, and a secret of one's own.
WITH_SETTINGS = set -e; \
	DATABASE_URL="$$($(V)/python -m overtime_ledger.devdb url)"; \
	SECRET_KEY="$${SECRET_KEY:-$$(cat .local/secret-key)}"; \
	export DATABASE_URL SECRET_KEY;

.PHONY: help run dev setup test check format lock manage bench stop
.DELETE_ON_ERROR:

help:
	@echo "make run      the ledger with its demonstration, at http://127.0.0.1:$(PORT) (PORT=... for another)"
	@echo "make dev      the same with a server that reloads changed code"
	@echo "make test     every check and every test"
	@echo "make check    the checks alone: style, templates, types, imports, migrations, deployment"
	@echo "make format   lay out code and templates as the checks want them"
	@echo "make manage   a management command: make manage ARGS=\"verify_ledger\""
	@echo "make bench    measurements"
	@echo "make setup    the virtual environment alone"
	@echo "make lock     the lock files, from pyproject.toml (ARGS=--upgrade for newer versions)"
	@echo "make stop     stop the development database (its data stay)"

# The environment is made anew whenever the locked versions change: after an interruption pip cannot tell what is
# missing. The copy of the lock file comes last, so what was interrupted is done again.
.venv/locked.txt: requirements-dev.txt
	@if cmp -s $< $@; then touch $@; exit; fi; \
	python=$$(for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done); \
	test -n "$$python" || { echo "No Python 3.11 or later here; name one: make PYTHON=/path/to/python3"; exit 1; }; \
	echo "Installing the locked dependencies into .venv (a minute, once)" && \
	$$python -m venv --clear .venv && \
	$(V)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r $< && \
	cp $< $@

.local/secret-key: | .venv/locked.txt
	@mkdir -p .local && umask 077 && \
	$(V)/python -c 'import secrets; print(secrets.token_urlsafe(64))' > $@.half && mv $@.half $@

setup: .venv/locked.txt .local/secret-key
	@:

# Static files under names that carry their content's hash; collected again when one of ours, or a package, changes.
staticfiles/.complete: .venv/locked.txt .local/secret-key $(shell find static -type f 2>/dev/null)
	@$(WITH_SETTINGS) $(V)/python manage.py collectstatic --no-input --clear --verbosity 0
	@touch $@

# The database as the code wants it: tables, roles and, if it is empty, the demonstration.
define PREPARE_DATABASE
$(WITH_SETTINGS) \
	$(V)/python manage.py migrate --no-input --verbosity 0; \
	$(V)/python manage.py createcachetable --verbosity 0; \
	$(V)/python manage.py roles load; \
	$(V)/python manage.py demo --if-empty; \
	$(V)/python manage.py demo --names; \
	echo "Open http://127.0.0.1:$(PORT)   (Ctrl-C stops the server)";
endef

run: setup staticfiles/.complete
	@$(PREPARE_DATABASE) \
	exec $(V)/gunicorn overtime_ledger.wsgi --bind 127.0.0.1:$(PORT) --workers 3 --timeout 120 --no-control-socket

dev: setup
	@$(PREPARE_DATABASE) \
	DEBUG=true exec $(V)/python manage.py runserver 127.0.0.1:$(PORT)

check: setup
	$(V)/ruff check $(CHECKED)
	$(V)/ruff format --check $(CHECKED)
	find templates -name '*.html' -exec $(V)/djade --check --target-version 5.2 {} +
	@$(WITH_SETTINGS) set -x; $(V)/mypy
	$(V)/lint-imports --no-cache
	@$(WITH_SETTINGS) set -x; $(V)/python manage.py makemigrations --check --dry-run
	@$(WITH_SETTINGS) set -x; HTTPS=true DEBUG=false LEDGER_DEMONSTRATION=false LEDGER_TODAY= \
		$(V)/python manage.py check --deploy --fail-level WARNING

format: setup
	$(V)/ruff check --fix-only $(CHECKED)
	$(V)/ruff format $(CHECKED)
	find templates -name '*.html' -exec $(V)/djade --target-version 5.2 {} +

test: check
	@$(WITH_SETTINGS) set -x; $(V)/python -m pytest -n 2

manage: setup
	@$(WITH_SETTINGS) $(V)/python manage.py $(ARGS)

bench: setup
	@$(WITH_SETTINGS) $(V)/python -m tests.bench $(ARGS)

LOCK = $(V)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(ARGS) pyproject.toml
lock: setup
	$(LOCK) --output-file requirements.txt
	$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt

stop: setup
	$(V)/python -m overtime_ledger.devdb stop
