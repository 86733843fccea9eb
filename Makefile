# Every command sets up what it needs. A fresh machine has Python >= 3.10 with pip, make, node and npm.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NOTEBOOK := notebooks/01_quickstart.ipynb
# Pictures of the card that are kept, of all that a test takes.
GALLERY := queued-light running-light running-dark training-light training-dark failed-light cancelled-narrow finished-narrow \
	scheduled-active-light scheduled-active-dark table-card-light table-asking-dark table-asking-narrow sweep-light

# Tests start many processes of Python; each would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-js pages quick lowest lowest-ready bench lab lint fix docs setup bundle clean

setup: $(VENV)/.ready bundle

# With uv, which jobs need anyway: an eighth of pip's time.
$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	HFJOBS_SKIP_JS=1 $(BIN)/uv pip install --quiet --python $(BIN)/python --editable ".[local]" --group dev
	touch $@

bundle: hfjobs_magic/static/index.js

hfjobs_magic/static/index.js: js/node_modules/.package-lock.json $(shell find js/src -type f 2>/dev/null) js/build.mjs js/library_cuts.mjs
	cd js && npm run --silent build

js/node_modules/.package-lock.json: js/package.json js/package-lock.json
	cd js && npm ci --silent
	touch $@

demo: setup
	$(BIN)/python tools/demo.py $(NOTEBOOK)

# More workers than cores: much of what they do is to wait for services. When a worker dies the run ends and names its
# test; with another in its place, pytest-xdist 3.8 waits for ever.
WORKERS := --dist loadgroup --max-worker-restart=0

# Thousands of tests with real processes: one that fails is run once more, is named at the end,
# and more than three of them fail the run (tests/conftest.py).
AGAIN := --reruns 1

# Tests with a browser, which draws without a graphics card: with two workers a third of two cores stands idle.
PAGES := tests/browser tests/lab tests/front_ends tests/widgets/test_saved.py

# A part that PYTEST names may have no page tests.
test: setup
	$(MAKE) --jobs=3 lint test-js lowest-ready
	$(BIN)/python -m pytest -n 4 $(WORKERS) $(AGAIN) $(PAGES:%=--ignore=%) $(PYTEST) || [ -n "$(PYTEST)" -a $$? -eq 5 ]
	$(MAKE) --jobs=2 --output-sync=target pages lowest

pages: setup
	$(BIN)/python -m pytest -n 3 $(WORKERS) $(AGAIN) $(PAGES) $(PYTEST) || [ -n "$(PYTEST)" -a $$? -eq 5 ]

test-js: setup
	cd js && npm test --silent

# What needs no service, kernel or browser; tests/conftest.py finds the others by their fixtures. Few examples of each property.
quick: setup
	$(BIN)/python -m pytest --quiet -n 3 $(WORKERS) -o faulthandler_timeout=0 --hypothesis-profile=quick -m "not slow" $(PAGES:%=--ignore=%)

# Tests that touch the libraries whose versions are pinned in tests/lowest.txt, with the lowest of them.
lowest: lowest-ready
	$(VENV)-lowest/bin/python -m pytest -n 2 $(WORKERS) $(AGAIN) -m lowest $(shell grep -rl --include='test_*.py' 'mark[.]lowest' tests)
	$(VENV)-lowest-colab/bin/python -m pytest -n 2 $(WORKERS) $(AGAIN) -m lowest tests/magics/test_loading.py tests/front_ends/test_colab.py

lowest-ready: setup $(VENV)-lowest/.ready $(VENV)-lowest-colab/.ready

$(VENV)-%/.ready: tests/%.txt $(VENV)/.ready
	$(PYTHON) -m venv $(VENV)-$*
	HFJOBS_SKIP_JS=1 $(BIN)/uv pip install --quiet --python $(VENV)-$*/bin/python --editable ".[local]" --group core -c $<
	touch $@

# Figures beside their baselines; a missed target is exit code 1.
bench: setup
	$(BIN)/python -m tools.bench $(AREA)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd js && npm run --silent check

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd js && npm run --silent fix

# Pictures are taken in a Chromium that has notifications, for the bell.
docs: setup
	$(BIN)/python tools/options_table.py
	HFJOBS_WRITE_WIRE=1 $(BIN)/python -m pytest --quiet tests/widgets/test_wire.py
	$(BIN)/python -m tools.save_notebooks notebooks/*.ipynb
	HFJOBS_CHROMIUM=$(shell command -v chromium) $(BIN)/python -m pytest --quiet tests/browser -k photographed
	for name in $(GALLERY); do cp build/screenshots/$$name.png docs/card/; done
	$(BIN)/python -m tools.moving_picture

lab: setup
	$(BIN)/jupyter lab $(NOTEBOOK)

clean:
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-lowest-colab build js/node_modules hfjobs_magic/static
