# Needs Python 3.11 or newer, pip, git and make. Everything else goes into .venv*, here.

PYTHON ?= python3
# A test that waits for a server leaves its core to another.
WORKERS ?= 3
PYTEST = $(VENV)/bin/pytest --numprocesses $(WORKERS) --dist worksteal

VENV := .venv
UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.venv-uv/bin/uv)
READY := $(VENV)/ready

# Questions, and what they are called for short. Answers stand on make's command line, never in the
# environment: auth_backend=cookie, or AUTH=cookie.
QUESTIONS := \
	project_name.NAME project_slug.SLUG package_name.PACKAGE description.DESCRIPTION \
	author_name.AUTHOR author_email.EMAIL auth_backend.AUTH token_fields.FIELDS \
	accepted_issuers.ISSUERS accepted_audiences.AUDIENCES signing_algorithm.ALGORITHM \
	database.DATABASE license.LICENSE
ANSWERS = $(foreach question,$(QUESTIONS),$(foreach name,$(subst ., ,$(question)),\
	$(if $(filter command,$(origin $(name))),\
		'$(basename $(question))=$(subst ','\'',$(value $(name)))')))
# make would expand their dollar signs.
unexport $(subst ., ,$(QUESTIONS))

export UV_PYTHON_DOWNLOADS ?= never
unexport VIRTUAL_ENV

.PHONY: help
help:  ## say what there is
	@echo "make demo, and others; answers as in: make demo auth_backend=cookie token_fields='plan: str = \"free\"'"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Answers: $(basename $(QUESTIONS))"
	@echo "or for short: $(subst .,,$(suffix $(QUESTIONS)))"

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
