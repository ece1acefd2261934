# make demo        a real table in, a synthetic table out, from nothing but Python
# make test        all checks
# make fuzz        10,000 broken tables, models, images and command lines each
# make check-models  that models see no later pixel, sum to one and draw alike; without data
# make check-croissant  that mlcroissant takes the metadata of every kind of export
# make tensorboard  all runs side by side; the tab HParams ranks them
# make screenshot   a page as a picture, such as one of TensorBoard: PAGE=http://localhost:6006
#
# Where pip looks for torch besides its own index. PyTorch's builds without CUDA are far smaller:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
PYTHON ?= python3

BIN := .venv/bin
RUN := runs/demo
INSTALLED := .venv/.installed
# A torch that is not exactly this one may bring gigabytes, so it comes first and alone.
TORCH := $(shell grep '^torch==' constraints.txt)

.PHONY: demo test pytest fuzz check-models check-croissant lint format tensorboard screenshot clean

demo: $(INSTALLED)
	$(BIN)/python scripts/train.py data=anes96 run_dir=$(RUN) overwrite=true
	$(BIN)/python scripts/sample.py artifact=$(RUN)/artifact out=$(RUN)/synthetic.csv overwrite=true
	$(BIN)/python scripts/evaluate.py run=$(RUN) synthetic=$(RUN)/synthetic.csv out=$(RUN)/report overwrite=true
	@echo
	@echo "synthetic table    $(RUN)/synthetic.csv"
	@echo "figures            $(RUN)/report/metrics.json, marginals.png, pairs.png"
	@echo "the report to read $(RUN)/report/report.html"
	@echo "TensorBoard logs   $(RUN)/tensorboard    (make tensorboard shows them)"

# Both at once, so that no core waits for the other; either fails the whole.
test:
	$(MAKE) --no-print-directory -j 2 lint pytest

# Byte code of the tests is kept, whatever the environment says: to make it takes as long as to read
# the tests.
pytest: $(INSTALLED)
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal

# CASES and SEED choose how many cases each fuzzing test tries, and which.
CASES ?= 10000
SEED ?= 0
fuzz: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal tests/fuzz \
		--fuzz-cases $(CASES) --fuzz-seed $(SEED)

check-models: $(INSTALLED)
	$(BIN)/python -m synth_dl.checks

# In an environment of its own, for it brings stubs of pandas, at which the type checker trips.
check-croissant: $(INSTALLED)
	test -x .croissant/bin/python || $(PYTHON) -m venv .croissant
	.croissant/bin/python -m pip install --constraint constraints.txt 'mlcroissant==1.1.1' pillow pyarrow
	CROISSANT_PYTHON=$(CURDIR)/.croissant/bin/python $(BIN)/python -m pytest tests/provenance/test_croissant.py

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tensorboard: $(INSTALLED)
	$(BIN)/tensorboard --logdir runs

# A browser without a screen; Debian's, where there is none (as root).
PAGE ?= http://localhost:6006
PICTURE ?= runs/page.png
screenshot:
	command -v chromium || apt-get install --yes --no-install-recommends chromium
	mkdir -p $(dir $(PICTURE))
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir=$$(mktemp -d) --window-size=1500,1800 --virtual-time-budget=30000 \
		--screenshot=$(PICTURE) "$(PAGE)"

clean:
	rm -rf .croissant build dist .pytest_cache .ruff_cache .hypothesis
	find synth_dl scripts tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "synth_dl needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --constraint constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[dev]'
	touch $@
