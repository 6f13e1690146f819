# The local stack and the checks. `make help` lists the targets; local/ holds what they do.

PYTHON ?= python3
STEP ?=
EVENT ?=
FILE ?=
STACK ?=
STAGE ?=
CALLS ?=
ONLY ?=
SAMPLE ?= 0
SCHEDULES ?= 5000
WAYS ?= 1000
SEED ?= 1

environments := $(PYTHON) -m local.environments
dev := .local/env/dev/bin/python
with_layer := PYTHONPATH=layers/dokstamp_sync:.

.DEFAULT_GOAL := help
.PHONY: help run test up send invoke sam-invoke sam-test outage limit dead-letters redrive build deploy faults limits planted mutants fuzz check pins clean

help: ## shows this
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{printf "%-20s%s\n", $$1, $$2}'
	@echo
	@echo "  PYTHON=python3.12 chooses another Python (3.11, 3.12 or 3.13), PORT=... the port of the emulated AWS."
	@echo "  DOKSTAMP_BASE_URL, DOKSTAMP_TENANT, DOKSTAMP_CLIENT_ID and DOKSTAMP_CLIENT_SECRET: run against that DokStamp."
	@echo '  PARAMETERS="PatienceSeconds=20 CallsPerSecond=10": template parameters for make up and make run.'

run: ## builds, deploys and sends the sample school through a fresh local stack
	@$(environments) dev sam emulator
	@$(dev) -m local.run

up: ## the local stack, left running until Ctrl-C: [PARAMETERS="PatienceSeconds=20"]
	@$(environments) dev sam emulator
	@$(dev) -m local.up

send: ## sends messages to the stack of `make up` and follows them: FILE=path
	@$(environments) dev
	@$(dev) -m local.send "$(FILE)"

invoke: ## one function on its event, against the stack of `make up`: STEP=course [EVENT=path]
	@$(environments) dev sam
	@$(dev) -m local.invoke "$(STEP)" "$(EVENT)"

sam-invoke: ## the same in a container, by `sam local invoke`; needs Docker: STEP=course [EVENT=path]
	@$(environments) dev sam
	@$(dev) -m local.sam_invoke "$(STEP)" "$(EVENT)"

outage: SECONDS ?= 60
outage: ## DokStamp's sandbox of `make up` fails for a while, and all goes on by itself: [SECONDS=60]
	@$(environments) dev
	@$(dev) -m local.outage "$(SECONDS)"

limit: ## the sandbox of `make up` takes so many calls a second: CALLS=10 (0: as many as come)
	@$(environments) dev
	@$(dev) -m local.limit "$(CALLS)"

dead-letters: ## what waits in the dead letters: [STEP=course] [STACK=name, on AWS]
	@$(environments) dev
	@$(dev) -m local.dead_letters --step "$(STEP)" --stack "$(STACK)"

redrive: ## moves a step's dead letters back to its queue: STEP=course [STACK=name, on AWS]
	@$(environments) dev
	@$(dev) -m local.redrive --step "$(STEP)" --stack "$(STACK)"

build: ## builds for AWS, for this machine's Python and processor
	@$(environments) dev sam
	@$(dev) -m local.release nowhere

deploy: MINUTES ?= 60
deploy: ## builds, and deploys to AWS with your credentials: STAGE=dev (or prod) [PARAMETERS="DokStampTenant=school.example"] [MINUTES=60]
	@$(environments) dev sam
	@$(dev) -m local.release "$(STAGE)" --minutes "$(MINUTES)"

test: ## everything that CI runs
	@$(environments) dev sam emulator
	@$(dev) -m local.checks

sam-test: ## `sam local invoke` for all eleven functions, on a stack of its own; gets Docker on Debian, as root
	@$(environments) dev sam emulator
	@$(with_layer) $(dev) -m tests.sam

faults: ## every fault on every call, then 5,000 schedules: [ONLY=regex] [SCHEDULES=100] [WAYS=100] [SEED=1]
	@$(environments) dev
	@$(with_layer) $(dev) -m tests.robustness --only "$(ONLY)" --schedules $(SCHEDULES) --ways $(WAYS) --seed $(SEED)

limits: ## loads against a limit that nobody tells the workers, simulated and for real: [ONLY=regex]
	@$(environments) dev
	@$(with_layer) $(dev) -m tests.limits --only "$(ONLY)"

planted: ## plants bugs in a copy and shows which tests see them: [ONLY=regex]
	@$(environments) dev
	@$(with_layer) $(dev) -m tests.planted --only "$(ONLY)"

mutants: ## changes one thing at a time where it is decided, and lists what no test notices: [ONLY=regex] [SAMPLE=50]
	@$(environments) mutants
	@$(with_layer) .local/env/mutants/bin/python -m tests.mutants --only "$(ONLY)" --sample $(SAMPLE)

fuzz: SECONDS ?= 600
fuzz: ## searches for bodies that break intake or workers: [SECONDS=600]
	@$(environments) fuzz
	@$(with_layer) .local/env/fuzz/bin/python -m tests.fuzz --seconds $(SECONDS)

check: ## scans the template and the packages; not part of `make test`, for it asks the network
	@$(environments) dev scan
	@$(dev) -m local.scan

pins: ## compiles the requirements files again (needs uv)
	@$(PYTHON) -m local.pins

clean: ## removes environments, stacks and builds
	rm -rf .local .aws-sam .mypy_cache .pytest_cache .ruff_cache
