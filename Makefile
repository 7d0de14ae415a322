# The commands of this repository. `make` lists them.
#
# Layers of tests are directories of tests/. Three more cuts go across them, by pytest mark:
#   system         tests/e2e, what drives a real twistd as its operator would
#   ui_acceptance  tests/e2e, what drives the web page in a real Chromium as its user would
#   functional     the chat scenarios, the same over every transport

# Options for `make run`, `make bench` and pytest: make run ARGS="--port 9292"
ARGS =
PYTEST = .venv/bin/python -m pytest $(ARGS)
# Processes that `make test` shares the tests among, a module to one of them.
WORKERS = 3

.DEFAULT_GOAL := help
.PHONY: help run test test-unit test-web test-component test-contract test-integration test-e2e \
	test-system test-ui-acceptance test-functional test-soak test-versions test-faults test-fuzz \
	lint bench bench-page bench-scrolling \
	web clean environment test-environment

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'ARGS="..." passes options on, to the daemon (run), to pytest (test...) or to bench.'
	@echo 'PYTHON=... chooses the Python that the environment is made with.'

run: environment web ## start the daemon on the embedded broker, until Ctrl+C
	@scripts/run $(ARGS)

test: test-environment ## run all tests; installs what they need where it can
	@scripts/install-test-parts
	@scripts/web dev
	@cd web && npm test
	$(PYTEST) --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test-unit: test-environment ## tests of the pure parts
	$(PYTEST) tests/unit

test-web: ## tests of the web client's pure parts, without a browser (vitest)
	@scripts/install-test-parts npm
	@scripts/web dev
	@cd web && npm test

test-component: test-environment ## tests of the daemon in-process, over real sockets
	$(PYTEST) tests/component

test-contract: test-environment ## one suite for every broker, log and transport
	@scripts/install-test-parts rabbitmq postgresql
	$(PYTEST) tests/contract

test-integration: test-environment ## several daemons on a real RabbitMQ, and its faults
	@scripts/install-test-parts rabbitmq
	$(PYTEST) tests/integration

test-e2e: test-environment ## the real twistd, Chromium and telnet
	@scripts/install-test-parts
	@scripts/web dev
	$(PYTEST) tests/e2e

test-system: test-environment ## of these, what drives the real twistd (mark: system)
	@scripts/install-test-parts
	@scripts/web
	$(PYTEST) tests/e2e -m system

test-ui-acceptance: test-environment ## of these, what drives the web page (mark: ui_acceptance)
	@scripts/install-test-parts chromium npm
	@scripts/web dev
	$(PYTEST) tests/e2e -m ui_acceptance

test-functional: test-environment ## the chat scenarios over every transport (mark: functional)
	@scripts/install-test-parts rabbitmq
	$(PYTEST) -m functional

test-soak: test-environment ## 2,000 clients for 10 minutes: what the daemon keeps of them
	PYTHONPATH=tests:. .venv/bin/python -m support.soak $(ARGS)

test-versions: ## unit and component tests on each Python from 3.10 on that is found
	@scripts/test-versions

test-faults: test-environment ## three daemons through seeded faults; 20 seeds take half an hour
	@scripts/install-test-parts rabbitmq postgresql
	PYTHONPATH=tests .venv/bin/python -m support.faults $(ARGS)

test-fuzz: test-environment ## 100,000 inputs for each part that reads what strangers send
	PYTHONPATH=tests:. .venv/bin/python -m support.fuzz $(ARGS)

lint: test-environment ## ruff, mypy and the layers of the architecture; tsc and biome for web/
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	@scripts/install-test-parts npm
	@scripts/web dev
	@cd web && npm run check

bench: test-environment web ## measure: processor time per delivery, latency, memory
	.venv/bin/python -m bench $(ARGS)

bench-page: test-environment web ## measure the page, in Chromium: what it loads, when one can write
	@scripts/install-test-parts chromium
	.venv/bin/python -m bench.page $(ARGS)

bench-scrolling: test-environment web ## measure the page's frames while one scrolls through a long room
	@scripts/install-test-parts chromium
	.venv/bin/python -m bench.scrolling $(ARGS)

web: ## build the web client, web/, to where the daemon serves it from
	@scripts/web

clean: ## remove the environments and everything else that was made here
	rm -rf .venv .venvs build dist *.egg-info rabbitchat/static web/node_modules \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage htmlcov \
		twisted/plugins/dropin.cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@scripts/environment .venv ""

test-environment:
	@scripts/environment .venv test,lint
