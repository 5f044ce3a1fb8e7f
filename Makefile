# One verb per task a person does. `make help` lists them.
STACK ?= local
# From the environment, so that no shell reads what they say.
export MESSAGE ?=
export TO ?=
PYTHON ?= python3
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# Set-up writes where everything is; every recipe after it runs in that environment.
ENV := . .local/env &&

.DEFAULT_GOAL := help
.PHONY: $(shell sed -nE 's/^([a-z][a-z -]*):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## List these commands
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

ready:
	@$(PYTHON) -m tools.setup --quiet

setup: ## Install what the other commands need (they call it)
	@$(PYTHON) -m tools.setup

up: setup ## Deploy; IMAGE=name@sha256:… takes a built one
	@$(ENV) python -m tools.up $(STACK) $(IMAGE) $(POSTGRES_IMAGE)

preview: ready ## Show what `make up` would change, and change nothing
	@$(ENV) python -m tools.reach $(STACK) pulumi preview --stack $(STACK) --diff

releases: ready ## List the releases, and which ones can be gone back to
	@$(ENV) python -m tools.releases $(STACK)

rollback: ready ## Release the one before again; TO=<release> for another
	@$(ENV) python -m tools.rollback $(STACK) $(TO)

down: ready ## Remove the deployment; PURGE=1 removes the data too
	@$(ENV) python -m tools.down $(STACK) $(if $(filter 1,$(PURGE)),--purge)

status: ready ## Show what runs, its health, what needs a look
	@$(ENV) python -m tools.day_two $(STACK) status

logs: ready ## Follow the api's logs; FOLLOW=0: the last lines
	@$(ENV) python -m tools.day_two $(STACK) logs $(FOLLOW)

psql redis shell: ready ## Into the database, Redis, an api container
	@$(ENV) python -m tools.day_two $(STACK) $@

maintenance-on: ready ## Answer every request with a page; MESSAGE="…" is on it
	@$(ENV) python -m tools.day_two $(STACK) maintenance-on "$$MESSAGE"

maintenance-off resume: ready ## Let requests through again
	@$(ENV) python -m tools.day_two $(STACK) $@

pause: ready ## Hold new requests, each FOR=30 seconds at most
	@$(ENV) python -m tools.day_two $(STACK) pause $(FOR)

scale: ready ## Run N=3 api containers of the release that serves
	@$(ENV) python -m tools.day_two $(STACK) scale $(N)

drift: ready ## Is what runs what was deployed? Exit 0 if so, else 1
	@$(ENV) python -m tools.day_two $(STACK) drift

backup: ready ## Back up the database and the uploads now
	@$(ENV) python -m tools.day_two $(STACK) backup

restore: ready ## Go back to the newest backup, or TO="…" UTC; UNDO=1
	@$(ENV) python -m tools.day_two $(STACK) restore "$$TO" $(if $(filter 1,$(UNDO)),undo)

backup-drill: ready ## Restore beside the live data, prove it is whole
	@$(ENV) python -m tools.day_two $(STACK) backup-drill

dev: ready ## Docker compose with hot reload on port 8000; DETACH=1
	@$(PYTHON) -m tools.setup compose
	@$(ENV) PYTHON_VERSION=$$(pulumi config get taskmanager:pythonVersion --stack local) \
		docker compose up --build $(if $(filter 1,$(DETACH)),--detach --wait api)

dev-down: ## Stop local development; its data stays
	@$(ENV) docker compose down

test: setup ## All the tests; ONLY="lint types unit service e2e"
	@$(ENV) python -m tools.test $(ONLY)

lint: ready ## Lint and type-check
	@$(ENV) python -m tools.test lint types

format: ready ## Format the code and fix what the linter can
	@$(ENV) ruff check --fix . && ruff format .

bench: ready ## Measure a release against the same steps by hand
	@$(ENV) python -m tools.bench

bench-release: ready ## Measure 20 releases under load; ONLY="--releases 3"
	@$(ENV) python -m tools.bench.release $(ONLY)

bench-service: setup ## Measure the service; ONLY="--sizes 10k --rounds 1"
	@$(ENV) python -m tools.bench_service $(ONLY)

rehearse: setup ## Deploy STACK=dev or prod to a stand-in for AWS
	@$(ENV) python -m tools.rehearse $(STACK)

cost: ready ## Print what STACK=dev or prod costs a month, by part
	@$(ENV) python -m tools.cost $(STACK)

bootstrap-state: ready ## Make a bucket and a key for the state of STACK=prod
	@$(ENV) python -m tools.bootstrap_state $(STACK)

replace-host: setup ## A new EC2 host, the data stays; DEAD=1 if it hangs
	@$(ENV) python -m tools.replace_host $(STACK) $(if $(filter 1,$(DEAD)),--dead)

lock: ready ## Lock the requirements, hashed; UPGRADE=1: newer ones
	@$(ENV) python -m tools.lock $(if $(filter 1,$(UPGRADE)),--upgrade)

audit: ready ## Ask the advisory databases about every locked package
	@$(ENV) python -m tools.audit

# What the workflows in .github/ run. They can be run by hand too, to see what they would say.
ci-preview: setup
	@$(ENV) python -m tools.ci.preview $(or $(BASE),origin/main) $(or $(STACKS),dev prod)

ci-comment:
	@$(ENV) python -m tools.ci.comment

ci-images: ready
	@$(ENV) python -m tools.ci.images $(STACK)

ci-access: ready
	@$(ENV) python -m tools.ci.access

ci-drift: ready
	@$(ENV) python -m tools.ci.drift $(STACK)

picture: ready ## Draw docs/images/architecture.svg from the resources
	@$(ENV) python -m tools.picture

new: ready ## Copy the project: NAME=orders OWNER=you [TO=folder]
	@$(ENV) python -m tools.new "$(NAME)" $(or $(OWNER),owner) $(TO)
