# `make help` lists the targets. Nothing here needs more than make, a shell and Python 3.11 or newer.
#
# What is dear (installing, collecting static files) is done again only when what it is made from has
# changed; what is cheap and can be undone behind our back (migrating, loading) is done at every start.

PYTHON ?= python3
PORT ?= 8000
SIZE ?= 1000000
TARGET ?= dates
# Checks never open the database that the site uses.
TEST_DATABASE_URL ?= sqlite://:memory:

VENV := .venv
PY := $(VENV)/bin/python
# The locks are complete, so pip need not work out anything (and older ones fail at it); `pip check` proves it.
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
PIP_CHECK := $(PY) -m pip check --quiet --disable-pip-version-check
PIP_COMPILE := ../$(VENV)/bin/pip-compile --quiet --generate-hashes --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links
# The environment's own programs come first, so that a Node that was installed into it is found.
NPM := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm
NPM_CI := $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error

# Whoever is done takes from the others' tests, so that none is alone at the end.
PYTEST := $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

BASE := $(VENV)/.base-installed
DEV := $(VENV)/.dev-installed
BROWSER_LIBRARY := node_modules/.run-installed
BROWSER_TOOLS := node_modules/.all-installed
STATIC := staticfiles/staticfiles.json
STATIC_INPUTS := $(shell find static 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup run demo backup restore eval bench bench-page bench-load bench-review bench-export fuzz test lint format lock screenshot screenshots-curating environment test-environment check-port chromium postgres

help: ## list the targets
	@echo "make TARGET, where TARGET is one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' Makefile

setup: environment ## install what is needed, make the database and the static files
	@$(PY) manage.py migrate --verbosity 0

run: check-port setup ## set up, load seeds/ and serve on 127.0.0.1 (PORT=8000)
	@$(PY) manage.py loadseeds || echo "Not everything was loaded (see above). The rest is served." >&2
	@echo "The timeline is at http://127.0.0.1:$(PORT)/ (Ctrl-C stops it)"
	@exec $(VENV)/bin/gunicorn --bind "127.0.0.1:$(PORT)" timeline.wsgi

demo: export DATABASE_URL = sqlite:///$(CURDIR)/demo.sqlite3
demo: check-port environment ## serve seeds/ and the test corpus together, from a database of their own (PORT=8000)
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py loadseeds seeds $(sort $(wildcard tests/corpus/*.txt))
	@echo "The demonstration is at http://127.0.0.1:$(PORT)/ (Ctrl-C stops it)"
	@exec $(VENV)/bin/gunicorn --bind "127.0.0.1:$(PORT)" timeline.wsgi

backup: environment ## write the whole database into one file (FILE=..., otherwise one in backups/)
	@$(PY) manage.py backup $(if $(FILE),"$(FILE)")

restore: environment ## put a backup in the place of what the database holds (FILE=..., OVER=1: even if it holds something)
	@test -n "$(FILE)" || { echo "Name a backup: make restore FILE=backups/..." >&2; exit 2; }
	@$(PY) manage.py restore "$(FILE)" $(if $(OVER),--over)
	@$(PY) manage.py migrate --verbosity 0

eval: environment ## score the extractor on the test corpus: gains and losses, row by row (KEEP=1: keep the result)
	@$(PY) -m tests.evaluate $(if $(KEEP),--keep)

bench: test-environment chromium ## measure reading, on a corpus of your own (CORPUS=articles.jsonl.gz), the page, and readers under load
	@test -e "$(CORPUS)" || { echo "Name a corpus: make bench CORPUS=articles.jsonl.gz" >&2; exit 2; }
	OMP_NUM_THREADS=1 $(PY) -m bench.extraction "$(CORPUS)"
	$(MAKE) --no-print-directory bench-page
	$(MAKE) --no-print-directory bench-load

bench-page: test-environment chromium ## measure the page alone, with made-up events (SIZE=1000000)
	$(PY) -m bench.page "$(SIZE)" $(if $(DATABASES),--databases "$(DATABASES)") $(BENCH_OPTIONS)

bench-load: test-environment ## measure readers of all sorts while a load writes (SIZE=1000000, SECONDS=60, SOAK=600)
	$(PY) -m bench.mixed "$(SIZE)" $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(SOAK),--soak "$(SOAK)") $(LOAD_OPTIONS)

bench-review: test-environment ## measure a step of the review queue, with made-up events (SIZE=100000)
	$(PY) -m bench.reviewing "$(if $(filter command line environment,$(origin SIZE)),$(SIZE),100000)" $(BENCH_OPTIONS)

bench-export: test-environment ## measure events going out, with made-up ones (SIZE=100000)
	$(PY) -m bench.exporting "$(if $(filter command line environment,$(origin SIZE)),$(SIZE),100000)" $(if $(DATABASES),--databases "$(DATABASES)") $(BENCH_OPTIONS)

fuzz: test-environment ## look for inputs that break a promise (TARGET=dates, SECONDS=60); needs requirements/fuzz.txt
	@mkdir -p .fuzz/$(TARGET)
	$(PY) -m fuzz $(TARGET) .fuzz/$(TARGET) -max_total_time=$(or $(SECONDS),60) -max_len=200 -artifact_prefix=.fuzz/

test: test-environment chromium postgres ## run every check: lint, types, layers, settings, tests on both databases and in a browser
	$(MAKE) --no-print-directory lint
	DATABASE_URL=$(TEST_DATABASE_URL) $(PY) manage.py makemigrations --check --dry-run
	DATABASE_URL=$(TEST_DATABASE_URL) TIMELINE_ALLOWED_HOSTS=timeline.example.org TIMELINE_PROXIES=1 \
		TIMELINE_SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
		$(PY) manage.py check --deploy --fail-level WARNING
	DATABASE_URL=$(TEST_DATABASE_URL) $(PYTEST) --cov --cov-report=term
	$(PY) -m scripts.postgres $(PYTEST) --with-database --ignore=tests/browser

lint: test-environment ## check style, types and the order of imports
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	DATABASE_URL=$(TEST_DATABASE_URL) $(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: test-environment ## rewrite the code in the project's style
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

lock: test-environment ## pin requirements/*.in and package.json again (UPGRADE=1: to newer versions)
	cd requirements && for name in base dev dask fuzz node; do \
		$(PIP_COMPILE) $(if $(UPGRADE),--upgrade) --output-file $$name.txt $$name.in || exit 1; \
	done
	$(NPM) install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

screenshot: test-environment chromium ## take the picture of the README from the site at PORT
	$(PY) scripts/screenshot.py "http://127.0.0.1:$(PORT)/" docs/images/timeline.png

screenshots-curating: test-environment chromium ## take the pictures of docs/curating.md, from a demonstration of its own
	$(PY) -m scripts.screenshot_curating

environment: $(BASE) $(BROWSER_LIBRARY) $(STATIC)

test-environment: environment $(DEV) $(BROWSER_TOOLS)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This needs Python 3.11 or newer as $(PYTHON). Name another: make setup PYTHON=python3.12" >&2; \
		exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

$(BASE): requirements/base.txt $(PY)
	$(PIP_INSTALL) --requirement $<
	@$(PIP_CHECK)
	@touch $@

$(DEV): requirements/dev.txt $(BASE)
	$(PIP_INSTALL) --requirement $<
	@$(PIP_CHECK)
	@touch $@

# npm empties node_modules first, stamps and all; the fuller install is good for both.
$(BROWSER_LIBRARY): package-lock.json $(PY)
	@$(NPM) --version >/dev/null 2>&1 || $(PIP_INSTALL) --requirement requirements/node.txt
	$(NPM_CI) --omit=dev
	@touch $@

$(BROWSER_TOOLS): package-lock.json $(BROWSER_LIBRARY)
	$(NPM_CI)
	@touch $(BROWSER_LIBRARY) $@

$(STATIC): $(STATIC_INPUTS) timeline/settings.py $(BASE) $(BROWSER_LIBRARY)
	$(PY) manage.py collectstatic --no-input --clear --verbosity 0

check-port: $(PY)
	@$(PY) scripts/check_port.py "$(PORT)"

chromium:
	@scripts/find_chromium >/dev/null || scripts/install_chromium

postgres: $(PY)
	@$(PY) -m scripts.postgres >/dev/null 2>&1 || scripts/install_postgres
