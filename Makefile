# trainclock: everything that sets itself up. The workflow itself is run by .venv/bin/snakemake.
PYTHON ?= python3
BIN = .venv/bin
# What belongs to other Pythons, as `module load` sets it, and what would change where and what pip and uv install.
unexport PYTHONPATH PYTHONHOME PIP_CONSTRAINT PIP_NO_BINARY PIP_ONLY_BINARY PIP_PLATFORM PIP_PYTHON_VERSION
unexport UV_BUILD_CONSTRAINT UV_CONSTRAINT UV_EXCLUDE_NEWER UV_OVERRIDE UV_PROJECT UV_WORKING_DIRECTORY
# pip without anybody's settings (user, target, prefix, ...).
PIP_ALONE = PIP_CONFIG_FILE=/dev/null $(BIN)/python -m pip --isolated
# Progress bars on a terminal, Snakemake's own log elsewhere.
LOGGER := $(shell [ -t 2 ] && echo --logger rich)
SNAKEMAKE = $(BIN)/snakemake --cores all $(LOGGER)
# Snakemake asks for the user's name, and in a container a user may be a number alone.
export LOGNAME := $(or $(LOGNAME),$(firstword $(shell id -un 2>/dev/null || id -u)))
# What .venv may hold: nothing with another SHA-256 is installed.
HASHES = envs/hashes/workflow.txt
VERIFIED = --require-hashes --constraints $(HASHES)
ENVIRONMENTS = "$${TRAINCLOCK_ENVS:-.envs}"
# A and B as JSON, whatever signs their names have.
COMPARED = import json, os; print("compare=" + json.dumps([os.environ[name] for name in "AB" if os.environ.get(name)]))
QUICKSTART = --configfile presets/quickstart.yaml
# `make again PRESET=quickstart`: of the experiment of a preset.
PRESET_FILE = $(if $(PRESET),presets/$(PRESET).yaml,config.yaml)
OF_PRESET = $(if $(PRESET),--configfile $(PRESET_FILE))
AGAIN = make again$(if $(PRESET), PRESET=$(PRESET))
summary = $(BIN)/python scripts summary --runs $(1)/tables/runs.parquet --verdicts $(1)/tables/verdicts.csv --again '$(AGAIN)'
# Where the config puts the results: a preset's, or that of config.yaml.
LAST_RESULTS = import sys, yaml; print([r for f in sys.argv[1:] if (r := yaml.safe_load(open(f)).get("results"))][-1])
RESULTS = $(shell $(BIN)/python -c '$(LAST_RESULTS)' config.yaml $(wildcard $(PRESET_FILE)))

SO_FAR = $(RESULTS)/so-far

# One whose Python is gone, as in a copy on another machine, is made again.
GONE := $(shell $(BIN)/python -c '' 2>/dev/null || rm -f .venv/ready)

.PHONY: help preset doctor setup quickstart slurm-demo slurm-here run again report so-far plan check-data export restore compare replication bench test lint format lock audit docs clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

preset:
	@[ -e "$(PRESET_FILE)" ] || { echo "error: there is no $(PRESET_FILE): PRESET is the name of a file in presets/, without .yaml" >&2; exit 1; }

doctor:  ## check this machine before anything is built, and print the fix for what is missing
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not on PATH: install Python 3.11 or later, or name it: make doctor PYTHON=FILE" >&2; exit 1; }
	@$(PYTHON) scripts doctor

setup: .venv/ready  ## make .venv with Snakemake and uv in it

quickstart: PRESET = quickstart
quickstart: .venv/ready  ## the embedded experiment, from nothing to report.html, in some ten minutes
	@$(SNAKEMAKE) $(QUICKSTART)
	@$(MAKE) --no-print-directory results/quickstart/report.html
	@echo; $(call summary,results/quickstart)
	@echo; echo "Report:  results/quickstart/report.html (open it in a browser)"
	@echo "Tables:  results/quickstart/tables/"
	@echo "Figures: results/quickstart/figures/"
	@echo; echo "How your machine compares with ours:  make compare A=results/quickstart B=replication/quickstart.tar.gz"

# Remade only if a table, a figure or a caption was.
results/quickstart/report.html: $(wildcard results/quickstart/tables/*.html results/quickstart/figures/*.html report/*.rst)
	@$(BIN)/snakemake $(QUICKSTART) --report $@

# `make quickstart` then finds nothing to run and makes the report.
slurm-demo: slurm-here .venv/ready  ## the quickstart as jobs of a SLURM cluster (on its login node)
	@$(BIN)/snakemake --profile profiles/slurm $(QUICKSTART)
	@$(MAKE) --no-print-directory quickstart

slurm-here:
	@timeout 20 sinfo >/dev/null 2>&1 || { echo "error: no SLURM answers here (sinfo): run this on a login node of your cluster, after \`module load slurm\` if it has modules; without a cluster: make quickstart" >&2; exit 1; }

run: preset .venv/ready  ## the experiment of config.yaml: the published study (of a preset: PRESET=smoke)
	$(SNAKEMAKE) $(OF_PRESET)
	@echo; $(call summary,$(RESULTS))

report: preset .venv/ready  ## report.html of the experiment of config.yaml (of a preset: PRESET=smoke)
	@[ -e "$(RESULTS)/tables/runs.csv" ] || { echo "error: there are no tables in $(RESULTS)/tables to report on: run the experiment first with \`make run\` (or \`make quickstart\`, which makes a report of its own)" >&2; exit 1; }
	@$(BIN)/snakemake $(OF_PRESET) --report report.html || { echo "error: no report was made; see the reason above. \`make run\` makes what is missing" >&2; exit 1; }
	@echo "Report: report.html (open it in a browser)"

again: preset .venv/ready  ## repeat the runs whose times are doubtful (of a preset: make again PRESET=quickstart)
	@[ -e "$(RESULTS)/experiment.json" ] || { echo "error: there are no results in $(RESULTS)/: run the experiment first (make run, or make quickstart)" >&2; exit 1; }
	@runs=$$($(BIN)/python scripts status --doubtful "$(RESULTS)") || exit 1; \
	if [ -z "$$runs" ]; then echo "No run in $(RESULTS)/ is doubtful: nothing to repeat"; \
	else $(SNAKEMAKE) $(OF_PRESET) --forcerun $$runs; fi
	@echo; $(call summary,$(RESULTS))

so-far: preset .venv/ready  ## tables and figures of the runs that are finished, the others named as missing (of a preset: PRESET=quickstart)
	@[ -e "$(RESULTS)/experiment.json" ] || { echo "error: there are no results in $(RESULTS)/: run the experiment first (make run, or make quickstart)" >&2; exit 1; }
	@$(BIN)/python scripts collect --so-far --experiment "$(RESULTS)/experiment.json" --runs "$(RESULTS)/runs" --data results/data --splits "$(RESULTS)/splits" \
		--parquet "$(SO_FAR)/tables/runs.parquet" --csv "$(SO_FAR)/tables/runs.csv"
	@$(BIN)/python scripts tables --experiment "$(RESULTS)/experiment.json" --runs "$(SO_FAR)/tables/runs.parquet" --out "$(SO_FAR)/tables" >/dev/null
	@$(BIN)/python scripts figures --experiment "$(RESULTS)/experiment.json" --runs "$(SO_FAR)/tables/runs.parquet" --out "$(SO_FAR)/figures" >/dev/null
	@echo; $(call summary,$(SO_FAR))
	@echo; echo "Tables:  $(SO_FAR)/tables/"; echo "Figures: $(SO_FAR)/figures/"

plan: preset .venv/ready  ## how long the missing runs of the experiment of config.yaml would take, from a few steps (of a preset: PRESET=smoke)
	@$(SNAKEMAKE) plan $(OF_PRESET)

check-data: .venv/ready  ## say what is understood of data of your own: make check-data CONFIG=mine.yaml (of one: NAME=flowers)
	@$(BIN)/python scripts check-data $(NAME) $(if $(CONFIG),--configfile $(CONFIG))

export: preset .venv/ready  ## pack the experiment of config.yaml into one file (others: RESULTS=results/quickstart)
	@$(BIN)/python scripts export $(RESULTS) $(if $(ABOUT),--about "$(ABOUT)")

restore: preset .venv/ready  ## go on where an export ends: make restore FROM=EXPORT (of a preset: PRESET=replication)
	@[ -e "$(FROM)" ] || { echo "error: name the export to go on from: make restore FROM=EXPORT" >&2; exit 1; }
	@$(SNAKEMAKE) inputs $(OF_PRESET)
	@$(BIN)/python scripts restore "$(FROM)" "$(RESULTS)"

compare: .venv/ready  ## results of two machines side by side: make compare A=FOLDER_OR_EXPORT B=FOLDER_OR_EXPORT
	@$(SNAKEMAKE) compare $(if $(A)$(B),--config "$$($(BIN)/python -c '$(COMPARED)')")

replication: .venv/ready  ## write docs/replication.md and what else shows our own runs of the study, from replication/*.tar.gz
	@$(BIN)/python scripts replication

bench: .venv/ready  ## what trainclock costs next to what it is compared with: docs/performance.md (one part: only=NAME)
	@$(BIN)/python bench $(only)

test: .venv/tests-ready  ## all tests, the long ones only of frameworks that a change concerns (all: TRAINCLOCK_FRAMEWORKS=all)
	export TRAINCLOCK_FRAMEWORKS="$${TRAINCLOCK_FRAMEWORKS:-$$($(BIN)/python tests/support/concerned.py)}"; \
	echo "Frameworks that are tried at length: $$TRAINCLOCK_FRAMEWORKS"; \
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations=25

lint: .venv/tests-ready  ## ruff, snakefmt, types, spelling, snakemake --lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules workflow/Snakefile bench/bare/Snakefile
	$(BIN)/basedpyright
	$(BIN)/codespell
	$(BIN)/snakemake --lint

format: .venv/tests-ready  ## format all files with ruff and snakefmt
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules workflow/Snakefile bench/bare/Snakefile

docs: .venv/tests-ready  ## write again what is generated, and make the site: site/index.html
	$(BIN)/python tests/support/write_docs.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Site: site/index.html (open it in a browser); with its search: $(BIN)/python -m http.server --directory site"

lock: .venv/tests-ready  ## resolve the closures in envs/ and pyproject.toml again
	$(BIN)/python scripts lock

audit: .venv/ready  ## ask a vulnerability service (api.osv.dev) about every pinned package
	@$(BIN)/python scripts environment --folder $(ENVIRONMENTS) envs/audit.yaml
	@$(BIN)/python scripts audit --pip-audit $(ENVIRONMENTS)/audit/bin/pip-audit

clean:  ## remove environments; results stay
	rm -rf .venv .envs

# The analysis runs in .venv too; its pins are in envs/analysis.yaml alone.
# Not through a link: `venv --clear` would empty the folder that it points to.
.venv/ready: pyproject.toml envs/analysis.yaml envs/isolated.pth $(HASHES)
	@[ ! -L .venv ] || { echo "error: .venv is a link and needs to be recreated; remove the link first: rm .venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: trainclock needs Python 3.11 or later and " + sys.executable + " is " + sys.version.split()[0] + ": make $(MAKECMDGOALS) PYTHON=python3.12")'
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "error: Python's venv is missing (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "Setting up .venv: Snakemake, uv and the analysis packages"
	@$(PYTHON) -m venv --clear .venv
	@echo 'relocatable = true' >> .venv/pyvenv.cfg # for uv: what it installs finds its Python also after the folder was moved
	@sed -n '/^uv==/,/[^\\]$$/p' $(HASHES) > .venv/uv.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --dest .venv/uv --requirement .venv/uv.txt
	@$(PIP_ALONE) install --quiet --disable-pip-version-check --no-index --no-deps .venv/uv/*
	@sed -n 's/^      - //p' envs/analysis.yaml | tr -d '"' | grep -v '^#' | \
		$(BIN)/uv pip install --quiet --python .venv --compile-bytecode $(VERIFIED) --requirements pyproject.toml --requirements -
	@cp envs/isolated.pth .venv/lib/python*/site-packages/
	@touch $@

.venv/tests-ready: .venv/ready
	@$(BIN)/uv pip install --quiet --python .venv $(VERIFIED) --group dev
	@touch $@
