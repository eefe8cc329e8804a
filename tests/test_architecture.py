"""The structure of scripts/ keeps its rules: floors, no circles, small modules, and an old Python."""

import ast
import re
import signal
import subprocess
import sys
from pathlib import Path

import architecture
import pytest
from architecture import ROOT, SCRIPTS

MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 12, 299, 40
MODULES = architecture.read_modules()
# These run in a framework's environment, the oldest of which has Python 3.6, with the standard library, and
# packages that give it dataclasses and importlib.metadata.
OF_ENVIRONMENTS = ("core", "training", "parity.first_steps", "forecast.probe", "__main__")
# These run before anything is set up: Python 3.8.
BEFORE_SET_UP = ("environments.doctor", "environments.env_file")
OLD_PYTHON = (*OF_ENVIRONMENTS, *BEFORE_SET_UP)
# `bench` starts runs and reads their records: the workflow's own Python runs it, which has PyYAML.
NEW_PYTHON = ("training.instrument_cost",)
STANDARD = sys.stdlib_module_names
# What functions of these folders and modules may import beyond that: the packages, and why.
FUNCTIONS_MAY = {
    "training.machine.software": {"numpy", "importlib_metadata"},
    "training": {"numpy"},  # each environment has it
    "parity.first_steps": {"numpy"},
    "core.experiment_file": {"yaml"},  # read by the workflow alone
    "environments.env_file": {"yaml"},  # the doctor, which comes before it, reads env files by itself
    "environments.doctor.addresses": {"pip"},  # asks pip, where there is one, which index it is set to
}
FRAMEWORKS_MAY = {
    "tensorflow": {"tensorflow", "keras"},
    "pytorch": {"torch", "torchvision"},
    "pytensor": {"pytensor", "numba"},
    "theano": {"theano", "keras"},
    "cntk": {"cntk", "keras", "scipy"},
    "jax": {"jax", "optax"},
    "keras_torch": {"torch", "keras"},
    "keras_jax": {"jax", "keras"},
    "paddle": {"paddle"},
    "mxnet": {"mxnet"},
    "chainer": {"chainer"},
    "_shared": {"keras", "jax", "torch"},
}


def old_python():
    return [
        module
        for name, module in MODULES.items()
        if any(is_in(name, prefix) for prefix in OLD_PYTHON) and name not in NEW_PYTHON
    ]


def is_in(name, prefix):
    """Whether a module is this one, or lies in this package."""
    return name == prefix or name.startswith(f"{prefix}.")


def may_import_in_functions(name):
    if name.startswith("training.frameworks."):
        framework = name.split(".")[2]
        if framework in FRAMEWORKS_MAY:
            return FRAMEWORKS_MAY[framework] | {"numpy"}
    return next((some for prefix, some in FUNCTIONS_MAY.items() if is_in(name, prefix)), set())


def test_every_package_has_a_floor_and_every_module_a_docstring():
    packages = {module.package for module in MODULES.values()} - {"", "__main__"}
    assert packages == set(architecture.FLOOR_OF)
    assert [module.name for module in MODULES.values() if not ast.get_docstring(module.tree)] == []


def test_nothing_imports_from_a_higher_floor():
    assert architecture.arrows_up(MODULES) == []


def test_no_modules_import_each_other_in_a_circle():
    assert architecture.circles(MODULES) == []


def test_the_checks_see_an_arrow_up_and_a_circle(tmp_path):
    for name, text in {
        "core/__init__.py": "",
        "core/errors.py": "from scripts.tables import make",
        "tables/__init__.py": "",
        "tables/make.py": "def f():\n    from scripts.core.errors import run",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    modules = architecture.read_modules(tmp_path)
    assert architecture.arrows_up(modules) == ["core.errors imports tables.make"]
    assert architecture.circles(modules) == ["core.errors -> tables.make -> core.errors"]


def test_entry_points_are_never_imported():
    entries = {module for some in architecture.steps().values() for module, _ in some.values()}
    assert entries <= set(MODULES)
    assert [
        f"{module.name} imports {target}"
        for module in MODULES.values()
        for target in module.imports & entries
    ] == []


def test_folders_modules_and_functions_stay_small():
    assert too_full(MODULES) == too_long(MODULES) == long_functions(MODULES) == []


def too_full(modules):
    """Folders with too many modules."""
    folders = {}
    for module in modules.values():
        if module.path.name != "__init__.py":
            folders.setdefault(module.path.parent, []).append(module.name)
    return [(folder, len(some)) for folder, some in folders.items() if len(some) > MOST_MODULES]


def too_long(modules):
    """Modules with too many lines."""
    return [(module.name, module.lines) for module in modules.values() if module.lines > MOST_LINES]


def long_functions(modules):
    """Functions with too many lines."""
    functions = [(module.name, node) for module in modules.values() for node in ast.walk(module.tree)]
    return [
        (name, node.name)
        for name, node in functions
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]


# What is asked for by name before it is used, or by type checkers alone.
KNOWN = ["gzip.BadGzipFile", "importlib.metadata", "time.CLOCK_BOOTTIME", "tomllib", "typing.Protocol"]


def needs_newer(python, paths, *options):
    """What vermin finds in files that this Python does not have; "" if there is nothing."""
    command = [Path(sys.executable).parent / "vermin", f"--target={python}-", "--violations", "--no-tips"]
    command += ["--backport", "dataclasses", *(word for name in KNOWN for word in ("--exclude", name))]
    done = subprocess.run([*command, *options, *paths], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode else ""


def test_code_of_the_environments_runs_on_their_oldest_python():
    """A framework's folder: on 3.8, the oldest Python of the others."""
    modules = {module.path: module.name for module in old_python()}
    newer = {*FRAMEWORKS_MAY} - {"_shared", "cntk"}
    of_others = [path for path in modules if path.parent.name in newer]
    before = [path for path, name in modules.items() if any(is_in(name, one) for one in BEFORE_SET_UP)]
    support = ROOT / "tests" / "support"
    tests = ["contract", "dropout_masks", "flat_areas", "fresh_steps", "promises", "small_networks"]
    tests += ["layer_probe", "optimizer_probe"]
    of_environments = [path for path in modules if path not in {*of_others, *before}]
    of_environments += [support / f"{name}.py" for name in tests]
    of_environments += [support / "own_layers" / f"{name}.py" for name in ("keras2", "made", "of_cntk")]
    of_environments += [module.path for module in LOOPS]
    assert needs_newer("3.6", of_environments, "--eval-annotations") == ""
    assert needs_newer("3.8", [*of_others, *before]) == ""


def test_newer_code_is_seen(tmp_path):
    for newer in ("if (n := 1): pass", "from functools import cached_property", "def f(x: list[int]): pass"):
        (tmp_path / "newer.py").write_text(f"{newer}\n")
        assert needs_newer("3.6", [tmp_path / "newer.py"], "--eval-annotations"), newer


@pytest.mark.parametrize("module", old_python(), ids=lambda module: module.name)
def test_code_of_the_environments_imports_what_they_have(module):
    assert module.outside_at_import <= STANDARD
    assert module.outside - STANDARD <= may_import_in_functions(module.name)
    outside = [target for target in module.imports if not covered(target)]
    assert outside == []


def covered(target):
    """Whether a module is among those for an old Python; packages hold nothing but their docstring."""
    return MODULES[target] in old_python() or MODULES[target].path.name == "__init__.py"


# ---- bench/, which stands beside scripts/ ----

BENCH = architecture.read_modules(ROOT / "bench")
LOOPS = [module for name, module in BENCH.items() if is_in(name, "loops")]


def test_nothing_of_the_product_imports_the_bench():
    assert [module.name for module in MODULES.values() if "bench" in module.outside] == []


def test_the_bench_stays_small():
    assert [module.name for module in BENCH.values() if not ast.get_docstring(module.tree)] == []
    assert too_full(BENCH) == too_long(BENCH) == long_functions(BENCH) == []


@pytest.mark.parametrize("module", LOOPS, ids=lambda module: module.name)
def test_loops_run_in_every_environment(module):
    """Of scripts/ they import only what does so, and a framework only in functions."""
    frameworks = set().union(*FRAMEWORKS_MAY.values(), {"numpy"})
    assert module.outside_at_import <= STANDARD | {"bench"}
    assert module.outside <= STANDARD | {"bench"} | frameworks
    nodes = ast.walk(module.tree)
    names = {name for node in nodes for name in architecture.imported_names(node, module)}
    used = {name.removeprefix("bench.") for name in names if name.startswith("bench.")}
    assert all(is_in(name, "loops") for name in used)
    ours = [known(name.removeprefix("scripts.")) for name in names if name.startswith("scripts.")]
    assert [target for target in ours if not covered(target)] == []


def known(name):
    """The module that a dotted name below scripts is, or is in."""
    return name if name in MODULES else known(name.rpartition(".")[0])


def test_rules_and_makefile_call_steps_that_exist():
    names = {name for some in architecture.steps().values() for name in some}
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    of_rules = set(re.findall(r"\{params\.step\} ([a-z][\w-]+)", rules))
    of_makefile = set(re.findall(r"\bscripts ([a-z][\w-]+)", (ROOT / "Makefile").read_text()))
    assert {"train", "collect", "certificate"} <= of_rules <= names
    assert {"doctor", "export"} <= of_makefile <= names


def test_the_page_is_not_stale():
    written = architecture.PAGE.read_text(encoding="utf-8")
    assert written == architecture.page(MODULES), "docs/architecture.md is stale: run `make docs`"


def call_scripts(*words):
    command = [sys.executable, SCRIPTS, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_all_steps_are_listed():
    done = call_scripts()
    assert done.returncode == 0
    for some in architecture.steps().values():
        for name, (_, purpose) in some.items():
            assert re.search(rf"^  {name} +{purpose}$", done.stdout, re.M)


def test_an_unknown_step_is_refused_with_the_nearest_one():
    done = call_scripts("trian")
    assert done.returncode == 1
    assert done.stderr == "error: there is no step 'trian'; did you mean train?\n"


@pytest.mark.parametrize("step", ["collect", "tables", "prepare"])
def test_a_python_without_the_packages_is_named_in_one_line(step):
    bare = [sys.executable, "-S", "scripts", step, "--help"]  # -S: the standard library alone
    done = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    python = re.escape(sys.executable)
    line = rf"error: {python} \(Python 3\.\d+\) has no module \w+; use \.venv/bin/python, .*\n"
    assert re.fullmatch(line, done.stderr)


# Prints a line a step: its name, exit status and first line of help; in one process, since each would take
# half a second to import what it needs.
HELP = """
import io, runpy, sys
from contextlib import redirect_stdout
for step in sys.argv[1:]:
    sys.argv = ["scripts", step, "--help"]
    try:
        with redirect_stdout(io.StringIO()) as text:
            runpy.run_path("scripts", run_name="__main__")
        status = "none"
    except SystemExit as exit:
        status = exit.code
    print(step, status, text.getvalue().partition("\\n")[0])
"""


def test_every_step_has_help():
    names = [name for some in architecture.steps().values() for name in some]
    command = [sys.executable, "-c", HELP, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert [*lines] == names
    for name, line in lines.items():
        assert line.startswith(f"0 usage: python scripts {name} "), line


def test_windows_is_refused_in_one_line():
    """Its Python lacks modules of Unix's, whose absence would say nothing to a user."""
    code = 'import runpy, sys; sys.argv, sys.platform = ["scripts", "doctor"], "win32"'
    code += '; runpy.run_path("scripts", run_name="__main__")'
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.startswith("error: trainclock runs on Linux; on Windows, in WSL 2")


# ---- How a step ends ----

# Runs a step whose module does nothing but wait for SIGTERM in one long call.
WAITING = """
import os, runpy, signal, sys, types
def main():
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
sys.modules[sys.argv[1]] = types.SimpleNamespace(main=main)
sys.argv = ["scripts", sys.argv[2]]
runpy.run_path("scripts", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("step", "status"),
    [
        *((step, -signal.SIGTERM) for step in ("train", "first-steps", "probe", "supervise")),
        *((step, 128 + signal.SIGTERM) for step in ("collect", "download")),
    ],
)
def test_training_ends_at_once_at_sigterm_and_other_steps_unwind(step, status):
    modules = {name: module for some in architecture.steps().values() for name, (module, _) in some.items()}
    command = [sys.executable, "-c", WAITING, f"scripts.{modules[step]}", step]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert done.returncode == status, done.stderr
