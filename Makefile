# One verb per task a person does. `make help` lists them.
STACK ?= local
PYTHON ?= python3
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# Set-up writes where everything is; every recipe after it runs in that environment.
ENV := . .local/env &&

.DEFAULT_GOAL := help
.PHONY: help setup up preview down status logs psql redis shell dev dev-down test lint format bench

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Install everything the other commands need (they call it)
	@$(PYTHON) -m tools.setup

up: setup ## Deploy: build, migrate, start, prove healthy, switch. STACK=local by default
	@$(ENV) python -m tools.up $(STACK)

preview: setup ## Show what `make up` would change, and change nothing
	@$(ENV) pulumi preview --stack $(STACK) --diff

down: setup ## Remove the deployment; PURGE=1 removes the data too
	@$(ENV) python -m tools.down $(STACK) $(if $(filter 1,$(PURGE)),--purge)

status: setup ## Show what runs, its health and its release
	@$(ENV) python -m tools.day_two status $(STACK)

logs: setup ## Follow the logs of the api containers
	@$(ENV) python -m tools.day_two logs $(STACK)

psql: setup ## Open psql on the deployment's database
	@$(ENV) python -m tools.day_two psql $(STACK)

redis: setup ## Open redis-cli on the deployment's Redis
	@$(ENV) python -m tools.day_two redis $(STACK)

shell: setup ## Open a shell in an api container
	@$(ENV) python -m tools.day_two shell $(STACK)

dev: setup ## Local development: docker compose with hot reload on port 8000
	@$(PYTHON) -m tools.setup compose
	@$(ENV) docker compose up --build

dev-down: ## Stop local development; its data stays
	@$(ENV) docker compose down

test: setup ## Everything: lint, types, unit, service and end-to-end tests
	@$(ENV) python -m tools.test $(ONLY)

lint: setup ## Lint and type-check
	@$(ENV) python -m tools.test lint types

format: setup ## Format the code and fix what the linter can
	@$(ENV) ruff check --fix . && ruff format .

bench: setup ## Measure a release against the same steps by hand
	@$(ENV) python -m tools.bench
