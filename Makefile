# Every target sets up all that it needs, in .venv; no root, no AWS account.
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test check docs bench lock clean help

help:
	@echo "make demo    set up, boot a fleet of real databases, review it, write rdsops-report.html"
	@echo "make test    set up, run every test that this machine can run"
	@echo "make check   ruff, mypy --strict, import-linter"
	@echo "make docs    regenerate the generated pages of docs/reference"
	@echo "make bench   the figures of benchmarks/"
	@echo "make lock    resolve the lock files anew (needs uv)"

demo: $(VENV)/ready-run
	$(BIN)/rdsops demo

test: $(VENV)/ready-dev
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

check: $(VENV)/ready-dev
	$(BIN)/ruff check src tests benchmarks tools
	$(BIN)/ruff format --check src tests benchmarks tools
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/ready-dev
	$(BIN)/python tools/write_reference.py

bench: $(VENV)/ready-dev
	$(BIN)/python -m benchmarks

lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra lab --group build pyproject.toml --output-file lock/run.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra lab --group build --group dev pyproject.toml --output-file lock/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

$(VENV)/bin/python:
	@./tools/make-venv $(VENV)

$(VENV)/ready-run: lock/run.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes --only-binary :all: -r lock/run.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready-dev: lock/dev.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes --only-binary :all: -r lock/dev.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/ready-run
