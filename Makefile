# The commands of the README and of CI. Each makes what it needs: the environment, the stubs of the contracts.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := services spoedkader tests docs deploy hatch_build.py
EXAMPLE := data/voorbeeld-2027

export PATH := $(abspath $(BIN)):$(PATH)
# Output of the same run is the same on every machine.
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
.PHONY: help env demo process up door test test-opa test-postgres test-identity test-deploy tools check docs openapi format bench load drills mutants lock clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python hatch_build.py
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

build/stubs: $(VENV)/installed $(shell find protos -type f) hatch_build.py
	$(BIN)/python hatch_build.py
	touch $@

env: build/stubs ## the environment and the stubs of the contracts

demo: env ## the whole example round through three services, compared with its expected results
	$(BIN)/spoedkader demo $(EXAMPLE)

process: env ## from finding to amended application over the example round, with its documents in var/proces
	$(BIN)/spoedkader process $(EXAMPLE) --out var/proces

up: env ## the three services on loopback, until Ctrl-C
	$(BIN)/spoedkader serve all

door: env ## the JSON door in front of the services of `make up`, until Ctrl-C
	deploy/envoy/start.sh

test: env ## every test but those of image and pods
	$(BIN)/pytest -q -n 2 --dist loadfile --ignore=tests/deploy tests

test-opa: env ## the tests of the quality service, judged by a real OPA server
	$(BIN)/pytest -q -n 2 --dist loadfile --engine=opa $(wildcard tests/contract/test_quality_*.py)

test-postgres: env ## the tests of the services, on a real PostgreSQL server
	$(BIN)/pytest -q -n 2 --dist loadfile --db=postgres tests/unit/runtime tests/unit/budget tests/contract \
		tests/integration tests/end_to_end

test-identity: env ## the tests of the services, with the rules of access in force
	$(BIN)/pytest -q -n 2 --dist loadfile --identity=required tests/contract

test-deploy: env ## image, manifests and pods; the last need root and what deploy/check/prepare.sh installs
	$(BIN)/pytest -q tests/deploy

tools: ## builds the OPA and the OpenAPI generator that the tests use, where Go and its modules are
	CGO_ENABLED=0 GOTOOLCHAIN=local go install github.com/open-policy-agent/opa@v1.20.2
	CGO_ENABLED=0 GOTOOLCHAIN=local go install github.com/google/gnostic/cmd/protoc-gen-openapi@v0.7.1

check: env ## format, lint, types, imports, contracts, policies
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code protos
	$(BIN)/python docs/generate.py --check
	$(BIN)/spoedkader policy check
	$(BIN)/python -m tests.security.audit

docs: env ## writes the pages that are generated from the code
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/messages.py

openapi: env ## writes the OpenAPI document of the JSON door from the contracts; needs `make tools`
	$(BIN)/python docs/openapi.py

format: env ## formats code and contracts
	$(BIN)/ruff check --fix --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/buf format --write protos

bench: env ## the speeds, as ratios within this run
	$(BIN)/python -m tests.benchmarks

load: env ## ten minutes of mixed load on two replicas of each service, on PostgreSQL
	$(BIN)/python -m tests.load --minutes 10

drills: env ## the disaster drills of docs/operations/drills.md
	$(BIN)/python -m tests.faults all

mutants: env ## how many faults put into the rules the Rego tests notice
	$(BIN)/python -m tests.mutation

lock: ## pins every dependency anew; needs uv
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --quiet -o requirements-dev.lock
	uv pip compile pyproject.toml -c requirements-dev.lock --universal --generate-hashes --no-emit-index-url --quiet \
		-o deploy/image/runtime.lock
	uv pip compile deploy/image/build.in -c requirements-dev.lock --universal --generate-hashes --no-emit-index-url \
		--quiet -o deploy/image/build.lock

clean: ## removes everything that was made
	rm -rf $(VENV) build var spoedkader/*/v1
