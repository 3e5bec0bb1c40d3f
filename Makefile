# Hearth's commands. Each does its own set-up; what is built once is not built again.

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
CODE := src tests tools benchmarks

# The native build: as many compilers as the machine carries, and nothing that Hearth never loads.
# MAKEFLAGS is emptied because the options of this make are not meant for the engine's own.
ENGINE_CMAKE := -DCMAKE_PROJECT_llama_cpp_INCLUDE='$(CURDIR)/src/hearth/engine/native/llama_cpp.cmake'
INSTALL = MAKEFLAGS= CMAKE_BUILD_PARALLEL_LEVEL=$$(tools/preflight jobs) \
	CMAKE_ARGS="$$CMAKE_ARGS $(ENGINE_CMAKE)" \
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

# An engine that pip has kept from an earlier installation may be one that dies here.
COMPUTES = $(BIN)/python -m hearth.engine.build_info >/dev/null 2>&1
ENGINE_ANEW = echo "The engine does not compute here. Building it anew takes some minutes."; \
	$(BIN)/python -m pip cache remove llama_cpp_python >/dev/null 2>&1; \
	$(INSTALL) --force-reinstall --no-deps llama-cpp-python

.PHONY: help up test check format docs site pins clean

help:  ## Show what can be made.
	@sed -n 's/^\([a-z]*\):.*  ## /  make \1\t/p' Makefile

up: $(VENV)/.installed  ## Install Hearth if needed, start it and open the page.
	$(BIN)/hearth up

test: $(VENV)/.installed-test  ## Run all tests.
	@tools/browser
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-test  ## Check style, types, layers, sizes and generated pages.
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/sizes.py
	$(BIN)/python tools/reference --check

format: $(VENV)/.installed-test  ## Format the code and repair what can be repaired.
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

docs: $(VENV)/.installed-test  ## Write the generated reference pages anew.
	$(BIN)/python tools/reference

site: $(VENV)/.installed-test  ## Build the documentation and the guide as static pages.
	$(BIN)/python tools/site/build_site.py

pins: $(VENV)/.installed-test  ## Resolve the newest versions and write constraints.txt.
	$(BIN)/python tools/pins.py

clean:  ## Remove the virtual environment and all caches.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@python=$$(tools/preflight) && "$$python" -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@tools/preflight >/dev/null
	@echo "Installing Hearth. Building the engine for this CPU takes some minutes, once."
	$(INSTALL) --editable '.[starter]'
	@$(COMPUTES) || { $(ENGINE_ANEW); }
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(INSTALL) --editable '.[starter,test]'
	@touch $@
