# Two commands do everything on a fresh machine with Python 3.11, git and make:
#   make demo    sets up and runs the main job on a repository that it writes first, or on REPO=path-or-url
#   make test    sets up and passes the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TOOLS := $(VENV)/.tools
WORKERS ?= 2

.PHONY: demo test check lint generated manifests setup clean

demo: $(READY)
	$(BIN)/faultcast $(if $(REPO),run "$(REPO)",demo)

test: $(READY) $(TOOLS)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: lint test

lint: $(READY) $(TOOLS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pipelines.compile --check
	$(BIN)/python docs/generate.py --check
	$(BIN)/python manifests/render.py --check --helm "$$($(BIN)/python tests/kubernetes/tools.py helm)"

generated: $(READY) $(TOOLS)
	$(BIN)/ruff format
	$(BIN)/python -m pipelines.compile
	$(BIN)/python docs/generate.py
	$(MAKE) manifests

manifests: $(READY) $(TOOLS)
	$(BIN)/python manifests/render.py --helm "$$($(BIN)/python tests/kubernetes/tools.py helm)"

setup: $(READY) $(TOOLS)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"found Python {v.major}.{v.minor}, expected 3.11 or later: make PYTHON=/path/to/python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[all,dev]'
	touch $@

# What the tests need besides Python packages: a browser, and helm with kubectl.
$(TOOLS): $(READY) tests/install-tools.sh tests/kubernetes/tools.py
	tests/install-tools.sh $(BIN)/python
	touch $@

clean:
	rm -rf $(VENV) .faultcast
