# Twinbeam: `make` lists the targets. Each target does its own set-up.
PYTHON ?= python3
RUN := .venv/bin/python
ARGS ?=
# Python without an ending, and what sh runs.
SCRIPTS := scripts/check scripts/diagrams scripts/dictionary scripts/docs scripts/picture scripts/spec
SHELL_SCRIPTS := scripts/lock $(wildcard scripts/need-*)

# What `make test-fast` holds: to read only these files takes a third of the time that all take.
FAST := tests/rooms tests/engines tests/laws tests/checks tests/tiktok

.DEFAULT_GOAL := help
.PHONY: help docs demo test test-fast test-long lint bench month check-demo check-outside check-truth check-tag check-shops check-sources check-house check-pixels check-screens check-delivery chaos wheel setup-run setup-dev chromium nginx senders tag axe php samples clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup-run ## a shop, TikTok's side and the gateway on this machine; Ctrl-C ends it (other ports: ARGS=--help)
	@$(RUN) -m twinbeam demo $(ARGS)

test: setup-dev chromium nginx senders tag axe php samples lint ## everything: lint, types, all tests (about 28 minutes on 2 cores)
	@$(RUN) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long and not alone" $(ARGS)
	@$(RUN) -m pytest -q -m "alone and not long" $(ARGS)

test-fast: setup-dev ## rooms, most laws, engines: for daily work
	@$(RUN) -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder --hypothesis-profile=few -m "not journey and not slow and not long and not alone" $(FAST) $(ARGS)

test-long: setup-dev chromium nginx senders ## the long versions: 30 kills, 10,000 fuzzed bodies, laws tried 1,000 times
	@$(RUN) -m pytest -q -m "long" $(ARGS)
	@$(RUN) -m pytest -q -n 2 --dist load --hypothesis-profile=thorough tests/laws

lint: setup-dev ## format, lint, import floors, types, spelling
	@$(RUN) -m ruff format --check -q src tests bench demo scripts install $(SCRIPTS)
	@$(RUN) -m ruff check -q src tests bench demo scripts install $(SCRIPTS)
	@for script in $(SHELL_SCRIPTS); do sh -n $$script || exit 1; done
	@$(RUN) -m mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache > .lint-imports.log 2>&1 || { cat .lint-imports.log; exit 1; }
	@$(RUN) -m codespell_lib src tests docs bench demo install scripts README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md

bench: setup-dev ## measure every stage and the whole path; results go to bench/results
	@$(RUN) bench/run.py $(ARGS)

month: setup-dev ## play a month of 20,000 conversions in each set-up; SABOTAGE=own-ids or ungated makes it fail (ARGS="--conversions 2000")
	@PYTHONPATH=bench:tests/sabotage $(RUN) -m month $(ARGS)

check-demo: setup-run ## play a shop against the gateway and let a separate checker compare (ARGS="--sabotage drop")
	@$(RUN) demo/check_demo.py $(ARGS)

check-outside: setup-dev chromium nginx ## strangers and the machine's troubles against the gateway; SABOTAGE=part makes it fail
	@$(RUN) scripts/check outside $(ARGS)

check-truth: setup-dev ## identifiers, permission and joins against tables and an oracle of their own; SABOTAGE=part makes it fail
	@$(RUN) scripts/check truth $(ARGS)

check-shops: setup-dev samples ## orders of shop systems, from signed deliveries to TikTok's count; SABOTAGE=cod-early, refund-sent or unsigned makes it fail
	@IMPORT_ROWS=$${IMPORT_ROWS:-1000000} $(RUN) scripts/check shops $(ARGS)

check-sources: setup-dev chromium tag php ## events without code, Shopify's pixel, the WordPress plugin, a simulated month; SABOTAGE=double-pageview, ungated or own-ids makes it fail
	@$(RUN) scripts/check sources -n 1 --tb=native $(ARGS)

check-tag: setup-dev chromium tag ## the browser tag in Chromium; SABOTAGE=ungated, double or lost-click makes it fail
	@$(RUN) scripts/check tag -n 1 --tb=native $(ARGS)

check-screens: setup-dev chromium axe tag php ## what pages say is wrong: all that is planted, and nothing in a healthy week; SABOTAGE=blind or false-alarm makes it fail
	@$(RUN) scripts/check screens -n 0 $(ARGS)

check-pixels: setup-dev chromium axe ## sign-in, accounts and the pages of 500 pixels; SABOTAGE=open-route, bad-token or stale-import makes it fail
	@$(RUN) scripts/check pixels -n 0 $(ARGS)

check-delivery: setup-dev ## chaos, limits, outages, a million waiting, restore; SABOTAGE=lose, double or overrun makes it fail
	@CHAOS_EVENTS=$${CHAOS_EVENTS:-100000} OUTAGE_HOURS=$${OUTAGE_HOURS:-6} WAITING=$${WAITING:-1000000} IDLE_EVENTS=$${IDLE_EVENTS:-200} $(RUN) scripts/check delivery -n 0 -s --tb=short $(ARGS)

chaos: setup-dev ## 100,000 events, 20 pixels, every trouble, and kill -9 of every process all the while (CHAOS_EVENTS=10000)
	@CHAOS_EVENTS=$${CHAOS_EVENTS:-100000} $(RUN) scripts/check delivery -n 0 -s --tb=short -k test_chaos $(ARGS)

check-house: setup-dev ## floors, words and citations of the tree itself; SABOTAGE=part makes it fail
	@$(RUN) scripts/check house tests/house tests/docs $(ARGS)

docs: setup-dev ## the documentation as a site, into build/site; nothing on it asks another host
	@NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build -q --strict
	@echo 'Read it:  $(RUN) -m http.server -b 127.0.0.1 -d build/site 8710'

wheel: setup-dev ## build the wheel into dist/
	@$(RUN) -m hatchling build -t wheel -d dist

setup-run:
	@$(PYTHON) scripts/bootstrap/environment.py run

setup-dev:
	@$(PYTHON) scripts/bootstrap/environment.py dev

chromium:
	@scripts/need-chromium

nginx:
	@scripts/need-nginx

senders:
	@scripts/need-senders

tag:
	@scripts/need-tag

axe:
	@scripts/need-axe

php:
	@scripts/need-php

samples: setup-dev
	@scripts/need-samples

clean: ## remove what was built; your data stays
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .lint-imports.log tag/node_modules tests/axe/node_modules
