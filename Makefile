# One verb per task a person does, each an alias of the command `taskmanager`. `make help` lists them.
STACK ?= local
PYTHON ?= python3
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# A value reaches its command through the environment, as it was typed: neither make nor a shell
# evaluates it. Before the first `shell`: GNU Make 4.4 gives it the values too, evaluated. The names
# come first, as `override` hides where a value comes from.
TYPED := $(strip $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name))))
as-typed = $(foreach name,$(1),$(eval override $(name) := $$(value $(name))))
$(call as-typed,$(TYPED))

# Set-up writes where everything is; every recipe after it runs in that environment.
ENV := . .local/env &&
TASKMANAGER := $(ENV) python -m cli

.DEFAULT_GOAL := help
COMMANDS := $(shell sed -nE 's/^([a-z][a-z -]*):.*/\1/p' $(firstword $(MAKEFILE_LIST)))
.PHONY: $(COMMANDS)

# The variables of each command that has more than STACK.
ACCEPTS_setup := ENGINE
ACCEPTS_up := IMAGE POSTGRES_IMAGE
ACCEPTS_rollback := TO
ACCEPTS_down := PURGE YES
ACCEPTS_logs := FOLLOW
ACCEPTS_maintenance-on := MESSAGE
ACCEPTS_pause := FOR
ACCEPTS_scale := N
ACCEPTS_restore := TO UNDO YES
ACCEPTS_replace-host := DEAD YES
ACCEPTS_dev := DETACH
ACCEPTS_test := ONLY
ACCEPTS_bench-release := ONLY
ACCEPTS_bench-service := ONLY
ACCEPTS_lock := UPGRADE
ACCEPTS_new := NAME OWNER TO
ACCEPTS_ci-preview := BASE STACKS
VALUES := STACK PYTHON $(sort $(foreach command,$(COMMANDS),$(ACCEPTS_$(command))))
FLAGS := PURGE UNDO DEAD DETACH UPGRADE
# A protected stack wants its name: YES=prod.
confirmed = $(if $(filter 1,$(YES)),--yes,$(if $(filter-out 0,$(YES)),--confirm "$$YES"))

# A mistyped word must not deploy something else.
ACCEPTED := $(sort STACK PYTHON $(foreach goal,$(MAKECMDGOALS),$(ACCEPTS_$(goal))))
refuse = $(error $(1))
$(foreach goal,$(filter-out $(COMMANDS),$(MAKECMDGOALS)),\
  $(call refuse,make $(goal): there is no such command. `make help` lists them))
$(foreach name,$(filter-out $(ACCEPTED),$(TYPED)),\
  $(call refuse,$(name)=$(value $(name)): `make $(MAKECMDGOALS)` accepts $(ACCEPTED)))

# Those of the environment too.
$(call as-typed,$(VALUES))
export $(VALUES)

$(foreach name,$(FLAGS),$(if $(filter-out 0 1,$($(name))),\
  $(call refuse,$(name)=$($(name)): accepted is $(name)=1)))
$(if $(filter-out 0 1,$(FOLLOW)),$(call refuse,FOLLOW=$(FOLLOW): accepted is FOLLOW=0 or FOLLOW=1))
$(if $(filter up,$(MAKECMDGOALS)),$(if $(POSTGRES_IMAGE),$(if $(IMAGE),,\
  $(call refuse,POSTGRES_IMAGE is accepted with IMAGE: name the image of the service too))))
$(if $(filter 1,$(words $(STACK))),,$(call refuse,STACK=$(STACK) is no name of a stack))

help: ## List these commands
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

ready:
	@"$$PYTHON" -m bootstrap --quiet

setup: ## Install what the other commands need (they call it)
	@"$$PYTHON" -m bootstrap $(if $(ENGINE),--engine="$$ENGINE")

up: setup ## Deploy; IMAGE=name@sha256:… takes a built one
	@$(TASKMANAGER) up -s "$$STACK" --image="$$IMAGE" --postgres-image="$$POSTGRES_IMAGE"

preview: ready ## Show what `make up` would change, and change nothing
	@$(TASKMANAGER) preview -s "$$STACK"

releases: ready ## List the releases, and which ones can be gone back to
	@$(TASKMANAGER) releases -s "$$STACK"

rollback: ready ## Release the one before again; TO=<release> for another
	@$(TASKMANAGER) rollback -s "$$STACK" -- $${TO:+"$$TO"}

down: ready ## Remove the deployment; PURGE=1 removes the data too
	@$(TASKMANAGER) down -s "$$STACK" $(if $(filter 1,$(PURGE)),--purge) $(confirmed)

adopt: ready ## Take a deployment whose state is lost into this clone
	@$(TASKMANAGER) adopt -s "$$STACK"

status: ready ## Show what runs, its health, what needs a look
	@$(TASKMANAGER) status -s "$$STACK"

logs: ready ## Follow the api's logs; FOLLOW=0: the last lines
	@$(TASKMANAGER) logs -s "$$STACK" $(if $(filter 0,$(FOLLOW)),--no-follow)

psql redis shell: ready ## Open the database, Redis, a shell in an api container
	@$(TASKMANAGER) $@ -s "$$STACK"

maintenance-on: ready ## Answer every request with a page; MESSAGE="…" is on it
	@$(TASKMANAGER) maintenance on -s "$$STACK" --message="$$MESSAGE"

maintenance-off resume: ready ## Let requests through again
	@$(TASKMANAGER) resume -s "$$STACK"

pause: ready ## Hold new requests, each FOR=30 seconds at most
	@$(TASKMANAGER) pause -s "$$STACK" -- $${FOR:+"$$FOR"}

scale: ready ## Run N=3 api containers of the release that serves
	@$(TASKMANAGER) scale -s "$$STACK" -- $${N:+"$$N"}

drift: ready ## Is what runs what was deployed? Exit 0 if so, else 1
	@$(TASKMANAGER) drift -s "$$STACK"

backup: ready ## Back up the database and the uploads now
	@$(TASKMANAGER) backup -s "$$STACK"

restore: ready ## Go back to the newest backup, or TO="…" UTC; UNDO=1
	@$(TASKMANAGER) restore -s "$$STACK" --to="$$TO" $(if $(filter 1,$(UNDO)),--undo) $(confirmed)

backup-drill: ready ## Restore beside the live data, prove it is whole
	@$(TASKMANAGER) backup-drill -s "$$STACK"

dev: ready ## Docker compose with hot reload on port 8000; DETACH=1
	@"$$PYTHON" -m bootstrap compose
	@$(ENV) PYTHON_VERSION=$$(pulumi config get taskmanager:pythonVersion --stack local) \
		docker compose up --build $(if $(filter 1,$(DETACH)),--detach --wait api)

dev-down: ## Stop local development; its data stays
	@$(ENV) docker compose down

test: setup ## All the tests; ONLY="lint types unit service e2e"
	@$(ENV) set -f && python -m dev.run_tests $$ONLY

lint: ready ## Lint and type-check
	@$(ENV) python -m dev.run_tests lint types

format: ready ## Format the code and fix what the linter can
	@$(ENV) ruff check --fix . && ruff format .

bench: ready ## Measure a release against the same steps by hand
	@$(ENV) python -m benchmarks.release

bench-release: ready ## Measure 20 releases under load; ONLY="--releases 3"
	@$(ENV) set -f && python -m benchmarks.release.under_load $$ONLY

bench-service: setup ## Measure the service; ONLY="--sizes 10k --rounds 1"
	@$(ENV) set -f && python -m benchmarks.service $$ONLY

rehearse: setup ## Deploy STACK=dev or prod to a stand-in for AWS
	@$(ENV) python -m testkit.rehearse "$$STACK"

cost: ready ## Print what STACK=dev or prod costs a month, by part
	@$(TASKMANAGER) cost -s "$$STACK"

bootstrap-state: ready ## Make a bucket and a key for the state of STACK=prod
	@$(TASKMANAGER) state-bucket -s "$$STACK"

github: ready ## Let GitHub deploy: roles, environments, variables
	@$(TASKMANAGER) github-setup

policies: ready ## Print what a pipeline may do at AWS for STACK=prod
	@$(TASKMANAGER) policies -s "$$STACK"

replace-host: setup ## A new EC2 host, the data stays; DEAD=1 if it hangs
	@$(TASKMANAGER) replace-host -s "$$STACK" $(if $(filter 1,$(DEAD)),--dead) $(confirmed)

lock: ready ## Lock the requirements, hashed; UPGRADE=1: newer ones
	@$(ENV) python -m dev.lock $(if $(filter 1,$(UPGRADE)),--upgrade)

audit: ready ## Ask the advisory databases about every locked package
	@$(ENV) python -m dev.audit

# The workflows in .github/ run these. They can be run by hand too.
ci-preview: setup
	@$(ENV) set -f && python -m cli ci preview $${BASE:+--base="$$BASE"} $${STACKS:+$$(printf -- "-s %s " $$STACKS)}

ci-comment:
	@$(TASKMANAGER) ci comment

ci-images: ready
	@$(TASKMANAGER) ci images -s "$$STACK"

ci-access: ready
	@$(TASKMANAGER) ci access

ci-drift: ready
	@$(TASKMANAGER) ci drift -s "$$STACK"

docs: ready ## Write the generated tables and graphs of the documents
	@$(ENV) python -m dev.documents

new: ## Copy the project: NAME=orders OWNER=you [TO=folder]
	@"$$PYTHON" -m dev.scaffold "$$NAME" "$${OWNER:-owner}" $${TO:+"$$TO"}
