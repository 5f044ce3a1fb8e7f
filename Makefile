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
	@$(PYTHON) -m bootstrap --quiet

setup: ## Install what the other commands need (they call it)
	@$(PYTHON) -m bootstrap $(if $(ENGINE),--engine=$(ENGINE))

up: setup ## Deploy; IMAGE=name@sha256:… takes a built one
	@$(ENV) python -m cli.up $(STACK) $(IMAGE) $(POSTGRES_IMAGE)

preview: ready ## Show what `make up` would change, and change nothing
	@$(ENV) python -m cli.ssh_config $(STACK) pulumi preview --stack $(STACK) --diff

releases: ready ## List the releases, and which ones can be gone back to
	@$(ENV) python -m cli.releases $(STACK)

rollback: ready ## Release the one before again; TO=<release> for another
	@$(ENV) python -m cli.rollback $(STACK) $(TO)

down: ready ## Remove the deployment; PURGE=1 removes the data too
	@$(ENV) python -m cli.down $(STACK) $(if $(filter 1,$(PURGE)),--purge)

status: ready ## Show what runs, its health, what needs a look
	@$(ENV) python -m cli $(STACK) status

logs: ready ## Follow the api's logs; FOLLOW=0: the last lines
	@$(ENV) python -m cli $(STACK) logs $(FOLLOW)

psql redis shell: ready ## Into the database, Redis, an api container
	@$(ENV) python -m cli $(STACK) $@

maintenance-on: ready ## Answer every request with a page; MESSAGE="…" is on it
	@$(ENV) python -m cli $(STACK) maintenance-on "$$MESSAGE"

maintenance-off resume: ready ## Let requests through again
	@$(ENV) python -m cli $(STACK) $@

pause: ready ## Hold new requests, each FOR=30 seconds at most
	@$(ENV) python -m cli $(STACK) pause $(FOR)

scale: ready ## Run N=3 api containers of the release that serves
	@$(ENV) python -m cli $(STACK) scale $(N)

drift: ready ## Is what runs what was deployed? Exit 0 if so, else 1
	@$(ENV) python -m cli $(STACK) drift

backup: ready ## Back up the database and the uploads now
	@$(ENV) python -m cli $(STACK) backup

restore: ready ## Go back to the newest backup, or TO="…" UTC; UNDO=1
	@$(ENV) python -m cli $(STACK) restore "$$TO" $(if $(filter 1,$(UNDO)),undo)

backup-drill: ready ## Restore beside the live data, prove it is whole
	@$(ENV) python -m cli $(STACK) backup-drill

dev: ready ## Docker compose with hot reload on port 8000; DETACH=1
	@$(PYTHON) -m bootstrap compose
	@$(ENV) PYTHON_VERSION=$$(pulumi config get taskmanager:pythonVersion --stack local) \
		docker compose up --build $(if $(filter 1,$(DETACH)),--detach --wait api)

dev-down: ## Stop local development; its data stays
	@$(ENV) docker compose down

test: setup ## All the tests; ONLY="lint types unit service e2e"
	@$(ENV) python -m dev.run_tests $(ONLY)

lint: ready ## Lint and type-check
	@$(ENV) python -m dev.run_tests lint types

format: ready ## Format the code and fix what the linter can
	@$(ENV) ruff check --fix . && ruff format .

bench: ready ## Measure a release against the same steps by hand
	@$(ENV) python -m benchmarks.release

bench-release: ready ## Measure 20 releases under load; ONLY="--releases 3"
	@$(ENV) python -m benchmarks.release.under_load $(ONLY)

bench-service: setup ## Measure the service; ONLY="--sizes 10k --rounds 1"
	@$(ENV) python -m benchmarks.service $(ONLY)

rehearse: setup ## Deploy STACK=dev or prod to a stand-in for AWS
	@$(ENV) python -m testkit.rehearse $(STACK)

cost: ready ## Print what STACK=dev or prod costs a month, by part
	@$(ENV) python -m cli.cost $(STACK)

bootstrap-state: ready ## Make a bucket and a key for the state of STACK=prod
	@$(ENV) python -m cli.state_bucket $(STACK)

replace-host: setup ## A new EC2 host, the data stays; DEAD=1 if it hangs
	@$(ENV) python -m cli.replace_host $(STACK) $(if $(filter 1,$(DEAD)),--dead)

lock: ready ## Lock the requirements, hashed; UPGRADE=1: newer ones
	@$(ENV) python -m dev.lock $(if $(filter 1,$(UPGRADE)),--upgrade)

audit: ready ## Ask the advisory databases about every locked package
	@$(ENV) python -m dev.audit

# What the workflows in .github/ run. They can be run by hand too, to see what they would say.
ci-preview: setup
	@$(ENV) python -m cli.pipeline.preview $(or $(BASE),origin/main) $(or $(STACKS),dev prod)

ci-comment:
	@$(ENV) python -m cli.pipeline.comment

ci-images: ready
	@$(ENV) python -m cli.pipeline.images $(STACK)

ci-access: ready
	@$(ENV) python -m cli.pipeline.access

ci-drift: ready
	@$(ENV) python -m cli.pipeline.drift $(STACK)

docs: ready ## Write the generated tables and graphs of the documents
	@$(ENV) python -m dev.documents

new: ready ## Copy the project: NAME=orders OWNER=you [TO=folder]
	@$(ENV) python -m dev.scaffold "$(NAME)" $(or $(OWNER),owner) $(TO)
