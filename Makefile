# Everything a developer does, on a fresh Debian or Ubuntu machine too.  `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-backends test-full test-torch lint bench docs clean

PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# Two stamps: what gen-c needs to run, and what its developers need on top.
.venv/gen-c: pyproject.toml tools/setup.sh
	tools/setup.sh run
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -q -e .
	@touch $@

.venv/dev: .venv/gen-c
	tools/setup.sh test
	$(BIN)/python -m pip install -q --group dev
	@touch $@

setup: .venv/dev ## cross compilers and emulators (Debian packages), .venv with all Python packages

demo: .venv/gen-c ## the digit classifier: generated for esp32, built for this PC, with its accuracy
	$(BIN)/gen-c examples/digits/digits.tflite --board esp32 -o build/digits
	$(BIN)/python -m examples.digits.demo build/digits

lint: .venv/dev ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: lint ## everything: lint, unit tests, oracles, real models, cross compilers, emulators
	$(BIN)/python -m pytest -n auto

test-full: lint ## the same with a thousand random examples a test, and what is too slow for every day
	GENC_FULL=1 $(BIN)/python -m pytest -n auto

test-backends: .venv/dev ## kernel libraries: GENC_CMSIS_NN_DIR=, GENC_ESP_NN_DIR= or GENC_NNOM_DIR=FOLDER runs the real one, too
	$(BIN)/python -m pytest -n auto tests/backends

test-torch: .venv/dev ## the PyTorch example again: exported by torch in an environment of its own, generated, compared
	test -x build/torch/bin/python || $(PYTHON) -m venv build/torch
	build/torch/bin/python -m pip install -q torch onnx onnxscript pnnx
	build/torch/bin/python examples/pytorch/eeg.py build/torch/models
	GENC_EEG=build/torch/models $(BIN)/python -m pytest tests/models/test_pytorch_example.py

bench: .venv/dev ## measure models on every emulated core, rewrite docs/benchmarks.md and docs/estimates.md
	$(BIN)/python -m tools.bench

docs: .venv/dev ## rewrite docs/operators.md, docs/onnx_node_tests.md and the tables of docs/backends.md from what the code does
	$(BIN)/python -c "from codegen.report.listing import operators_page; print(operators_page(), end='')" > docs/operators.md
	$(BIN)/python -m tools.onnx_node_tests > docs/onnx_node_tests.md
	$(BIN)/python -m tools.backend_tables docs/backends.md

clean: ## remove what was built; .venv stays
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
