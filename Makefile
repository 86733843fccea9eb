# Every command sets up what it needs. A fresh machine has Python >= 3.10 with pip, make, node and npm.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NOTEBOOK := notebooks/01_quickstart.ipynb
# Pictures of the card that are kept, of all that a test takes.
GALLERY := queued-light running-light running-dark training-light training-dark failed-light cancelled-narrow finished-narrow \
	scheduled-active-light scheduled-active-dark table-card-light table-asking-dark table-asking-narrow

.PHONY: demo test quick test-python test-browser test-js lowest bench lab lint fix docs setup bundle clean

setup: $(VENV)/.ready bundle

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	HFJOBS_SKIP_JS=1 $(BIN)/python -m pip install --quiet --editable ".[local]" --group dev
	touch $@

bundle: hfjobs_magic/static/index.js

hfjobs_magic/static/index.js: js/node_modules/.package-lock.json $(shell find js/src -type f 2>/dev/null) js/build.mjs js/uplot_cuts.mjs
	cd js && npm run --silent build

js/node_modules/.package-lock.json: js/package.json js/package-lock.json
	cd js && npm ci --silent
	touch $@

demo: setup
	$(BIN)/python tools/demo.py $(NOTEBOOK)

# Everything that is checked, side by side where that is quicker. What each part says is in build/parts; it is printed
# when all are done, and every part must have passed.
test: setup
	@rm -rf build/parts; mkdir -p build/parts; \
	$(MAKE) --no-print-directory --keep-going --jobs=3 part-lint part-test-js part-test-python; first=$$?; \
	$(MAKE) --no-print-directory --keep-going --jobs=2 part-test-browser part-lowest; second=$$?; \
	cat build/parts/lint; sed '/^[.]* *\[ *[0-9]*%\]$$/d' build/parts/test-python build/parts/lowest build/parts/test-browser; \
	if [ -e build/parts/test-js.failed ]; then cat build/parts/test-js; else tail -n 8 build/parts/test-js; fi; \
	exit $$((first || second))

part-%:
	@start=$$(date +%s); $(MAKE) --no-print-directory $* > build/parts/$* 2>&1 || { touch build/parts/$*.failed; }; \
	took=$$(($$(date +%s) - start)); \
	if [ -e build/parts/$*.failed ]; then echo "$*: FAILED after $$took s, see build/parts/$*"; exit 1; fi; \
	echo "$*: passed in $$took s"

# What needs neither a service nor a browser.
quick: setup
	$(BIN)/python -m pytest -q -n 2 -m "not slow" --ignore=tests/browser --ignore=tests/lab --ignore=tests/front_ends

# Playwright keeps an event loop running in its thread, so that tests without a browser are a run of their own.
test-python: setup
	$(BIN)/python -m pytest --no-header -n 3 --dist loadgroup -m "not (browser or lab)"

test-browser: setup
	$(BIN)/python -m pytest --no-header -n 2 --dist loadgroup -m "browser or lab"

# Node calls it success when there was no test.
test-js: setup
	cd js && npm test --silent > ../build/test-js.log; code=$$?; cat ../build/test-js.log; \
	grep -qE '^(#|ℹ) pass [1-9]' ../build/test-js.log && exit $$code

# The tests that touch the libraries whose versions are pinned in tests/lowest.txt, with the lowest of them.
lowest: setup $(VENV)-lowest/.ready
	$(VENV)-lowest/bin/python -m pytest --no-header -m lowest

$(VENV)-lowest/.ready: pyproject.toml tests/lowest.txt
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	HFJOBS_SKIP_JS=1 $(VENV)-lowest/bin/python -m pip install --quiet --editable ".[local]" --group core -c tests/lowest.txt
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

docs: setup
	$(BIN)/python tools/options_table.py
	HFJOBS_WRITE_WIRE=1 $(BIN)/python -m pytest --quiet tests/widgets/test_wire.py
	$(BIN)/python -m tools.save_notebooks notebooks/*.ipynb
	$(BIN)/python -m pytest --quiet tests/browser -k photographed
	for name in $(GALLERY); do cp build/screenshots/$$name.png docs/card/; done

lab: setup
	$(BIN)/jupyter lab $(NOTEBOOK)

clean:
	rm -rf $(VENV) $(VENV)-lowest build js/node_modules hfjobs_magic/static
