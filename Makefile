# Needs Python 3.11 or newer, pip, git and make. Everything else goes into .venv*, here.

PYTHON ?= python3
# A test that waits for a server leaves its core to another.
WORKERS ?= 3
PYTEST = $(VENV)/bin/pytest --numprocesses $(WORKERS) --dist worksteal

VENV := .venv
UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.venv-uv/bin/uv)
READY := $(VENV)/ready

# Answers, as make is told them: AUTH=cookie. Those of the environment are not meant for us.
QUESTIONS := \
	NAME=project_name SLUG=project_slug PACKAGE=package_name DESCRIPTION=description \
	AUTHOR=author_name EMAIL=author_email AUTH=auth_backend FIELDS=token_fields \
	ISSUERS=accepted_issuers AUDIENCES=accepted_audiences ALGORITHM=signing_algorithm \
	DATABASE=database LICENSE=license
variable = $(word 1,$(subst =, ,$(1)))
question = $(word 2,$(subst =, ,$(1)))
given = $(filter command,$(firstword $(origin $(variable))))
# The shell fills in the value from its environment, so that no quoting of it is needed.
ANSWERS = $(foreach pair,$(QUESTIONS),$(call answer,$(pair)))
answer = $(if $(call given,$(1)),"$(question)=$$$(variable)")

export UV_PYTHON_DOWNLOADS ?= never
unexport VIRTUAL_ENV

.PHONY: help
help:  ## say what there is
	@echo "make demo, and others; answers as in: make demo AUTH=cookie FIELDS='plan: str = \"free\"'"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Answers: $(foreach pair,$(QUESTIONS),$(call variable,$(pair)))"

.PHONY: demo
demo: | $(UV)  ## render a project, run it, and say how to try it
	@$(UV) run --no-project --python $(PYTHON) --with 'cookiecutter>=2.7' \
		python -m scripts.demo $(ANSWERS)

.PHONY: render
render: $(READY)  ## render a project into scratch/
	$(VENV)/bin/cookiecutter . --no-input --default-config --output-dir scratch $(ANSWERS)

.PHONY: test
test: rendered  ## run the tests, but for those that take long
	$(PYTEST) -m 'not full'

.PHONY: test-full
test-full: rendered  ## run the tests that take long
	$(PYTEST) -m full

.PHONY: bench
bench: rendered  ## measure rendered projects beside others; ONLY=growth does one section
	$(VENV)/bin/python -m benchmarks $(ONLY)

.PHONY: lint
lint: $(READY)  ## check the template's own code
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

.PHONY: check
check: lint rendered  ## the same, and lint and type-check rendered projects
	$(PYTEST) -m 'not full' -k 'lint or types'

.PHONY: recording
recording: $(READY)  ## draw the questions and answers that README.md shows
	$(VENV)/bin/python -m scripts.recording

.PHONY: clean
clean:  ## remove all that was made here
	rm -rf .venv .venv-rendered .venv-bench .venv-uv scratch uv.lock .*_cache .hypothesis

# The environment that rendered projects are tested in.
.PHONY: rendered
rendered: $(READY)
	@$(VENV)/bin/python -m tests.environment

$(READY): pyproject.toml | $(UV)
	$(UV) sync --upgrade --python $(PYTHON)
	@touch $@

# A system's Python may refuse to install anything into itself (PEP 668), and may lack ensurepip.
$(CURDIR)/.venv-uv/bin/uv:
	$(PYTHON) -m venv --without-pip .venv-uv
	$(PYTHON) -m pip --python .venv-uv install uv
