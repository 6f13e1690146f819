# The local stack and the checks. `make help` lists the targets; local/ holds what they do.

PYTHON ?= python3
STEP ?=
EVENT ?=
FILE ?=

environments := $(PYTHON) -m local.environments
dev := .local/env/dev/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test up send invoke pins clean

help: ## shows this
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1|/' | awk -F'|' '{printf "%-16s%s\n", $$1, $$2}'
	@echo
	@echo "  PYTHON=python3.12 chooses another Python (3.11, 3.12 or 3.13), PORT=... the port of the emulated AWS."
	@echo "  DOKSTAMP_BASE_URL, DOKSTAMP_TENANT, DOKSTAMP_CLIENT_ID and DOKSTAMP_CLIENT_SECRET: run against that DokStamp."

run: ## builds, deploys and sends the sample school through a fresh local stack
	@$(environments) dev sam emulator
	@$(dev) -m local.run

up: ## the local stack, left running until Ctrl-C
	@$(environments) dev sam emulator
	@$(dev) -m local.up

send: ## sends messages to the stack of `make up` and follows them: FILE=path
	@$(environments) dev
	@$(dev) -m local.send "$(FILE)"

invoke: ## one function on its event, against the stack of `make up`: STEP=course [EVENT=path]
	@$(environments) dev sam
	@$(dev) -m local.invoke "$(STEP)" "$(EVENT)"

test: ## everything that CI runs
	@$(environments) dev sam emulator
	@$(dev) -m local.checks

pins: ## compiles the requirements files again (needs uv)
	@$(PYTHON) -m local.pins

clean: ## removes environments, stacks and builds
	rm -rf .local .aws-sam .mypy_cache .pytest_cache .ruff_cache
