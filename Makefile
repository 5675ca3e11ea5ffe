# Everything that the README names. Needs Python ≥ 3.11 with venv, and a network for packages.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
EXTRAS ?= all,dev
TESTERS ?= 2
PYTHON_FOLDERS := src tests benchmarks docs tools packaging

.PHONY: install demo test test-all lint bundle bench generate docs strings clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	touch $@

# The demo needs the core alone. An environment that has it is left as it is.
demo:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/convonet || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/convonet demo

lint: install
	$(BIN)/ruff check $(PYTHON_FOLDERS)
	$(BIN)/ruff format --check $(PYTHON_FOLDERS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	sh tools/web/lint.sh

test: install lint
	$(BIN)/pytest -n $(TESTERS)

# `make test-all PART=1/4` runs the first of four parts of similar length.
test-all: install lint
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS),jax,ray,docs,checks]"
	$(BIN)/pytest -n $(TESTERS) --dist loadfile -m "slow or not slow" --durations=30 $(if $(PART),--part=$(PART))

# The pages that are made from the code.
generate: install
	$(BIN)/python docs/name_stubs.py
	$(BIN)/python docs/generate.py

# The documentation site in build/docs; it opens and searches without a network.
docs: generate
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS),docs]"
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

# Every text that a person reads, in build/strings.txt.
strings: install
	mkdir -p build
	$(BIN)/python tools/strings.py > build/strings.txt

# Window and command line in one folder that needs no Python: dist/convonet.
bundle: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS),bundle]"
	$(BIN)/python packaging/build_bundle.py

bench: install
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
