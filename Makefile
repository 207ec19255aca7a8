# Everything runs in a virtual environment that `make install` creates; nothing else is needed.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo
PYTEST := $(BIN)/python -m pytest -q

.PHONY: help system install demo lint test browser test-slow docs findings bench clean nest-mpi test-mpi \
  dist-check release-check

help:
	@echo "make demo           build a small V1, simulate it and evolve plasticity rules in it"
	@echo "make test           style, types and all tests but the slow ones"
	@echo "make test-slow      the slow tests"
	@echo "make docs           the documentation in docs/build/html; its tutorials are run"
	@echo "make findings   the tables and figures of results, from docs/results"
	@echo "make bench          the measurements behind the README's figures"
	@echo "make nest-mpi       a NEST with MPI, built from source into .venv-mpi"
	@echo "make test-mpi       the tests on several MPI ranks"
	@echo "make dist-check     build sdist and wheel, install the wheel elsewhere and use it"
	@echo "make release-check  what the metadata lack for a release"
	@echo "make clean          remove what make created (not the cache of compiled models)"

# A C++ compiler, the headers of Boost and libltdl that NEST's own include, and Python's venv:
# installed by apt-get when missing, if we may.
system:
	@missing=""; \
	command -v g++ >/dev/null || missing="$$missing g++"; \
	echo '#include <boost/type_index.hpp>' | g++ -E -x c++ - >/dev/null 2>&1 \
	  || missing="$$missing libboost-dev"; \
	echo '#include <ltdl.h>' | g++ -E -x c++ - >/dev/null 2>&1 || missing="$$missing libltdl-dev"; \
	$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || missing="$$missing python3-venv"; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $$missing; \
	else \
	  echo "missing:$$missing. Install with: sudo apt-get install$$missing"; exit 1; \
	fi

install: system .venv/.installed

.venv/.installed: setup.cfg pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.11')"
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

demo: install
	$(BIN)/v1cortex doctor
	$(BIN)/v1cortex build --neurons 1000 --out $(DEMO)/circuit
	$(BIN)/v1cortex simulate $(DEMO)/circuit --out $(DEMO)/simulation
	$(BIN)/v1cortex evolve demo --out $(DEMO)/run --resume

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# NEST now and then ends a test process while it empties its kernel: such a test is repeated once, in a
# new process. A test that fails is not repeated.
RERUN := --reruns 1 --only-rerun "crashed while running"

test: lint
	$(PYTEST) -n 2 -m "not slow" $(RERUN)

# Pages are looked at in Chromium; without it their tests are skipped.
browser:
	@command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium; \
	else \
	  echo "no Chromium: tests of pages are skipped. Install with: sudo apt-get install chromium"; \
	fi

test-slow: install browser
	$(PYTEST) -m slow

docs: install .venv/.docs-installed
	$(BIN)/python -m sphinx -W --keep-going -q -j 2 -b html -d docs/build/doctrees docs docs/build/html
	$(BIN)/python release/site_check.py docs/build/html
	@echo "docs/build/html/index.html"

.venv/.docs-installed: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[docs]"
	@touch $@

# Tables and figures of docs/findings.md and docs/search_results.md.
findings: install
	@$(BIN)/python docs/extensions/result_tables.py

bench: install
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

nest-mpi: .venv-mpi/.installed

.venv-mpi/.installed: .venv/.installed nestml_models/build/nest_mpi.py
	$(BIN)/python -m nestml_models.build.nest_mpi --venv .venv-mpi
	@touch $@

test-mpi: nest-mpi
	.venv-mpi/bin/python -m pytest -q tests/mpi

dist-check: install
	$(BIN)/python release/dist_check.py

release-check: install
	$(BIN)/python release/release_check.py

clean:
	rm -rf .venv docs/build docs/reference/generated docs/gallery $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
