"""What a framework imports before its folds are forked: it starts no thread, which would not survive that."""

import json

import pytest
from commands import call
from concerned import to_try
from paths import ROOT

from scripts.training.frameworks import registry

AHEAD = [name for name in to_try() if hasattr(registry.module(name), "import_ahead")]
# The threads of OpenBLAS, which NumPy and SciPy start, end before a fork and come again after it.
PROGRAM = f"""
import importlib.util, json, os, sys
sys.path.insert(0, {str(ROOT)!r})
from scripts.training import session
from scripts.training.frameworks import registry
from scripts.training.machine import compile_cache

def threads():
    return len(os.listdir("/proc/self/task"))

compile_cache.settle()
session.set_threads(2, "cpu")
import numpy
if importlib.util.find_spec("scipy"):
    import scipy.linalg
before = threads()
module = registry.module(sys.argv[1])
module.import_ahead()
after = threads()
imported = set(sys.modules)
module.set_up(2, "cpu")
late = [name for name in set(sys.modules) - imported if not name.startswith("scripts.")]
print(json.dumps([before, after, sorted(late)]))
"""


@pytest.mark.parametrize("name", AHEAD)
def test_it_starts_no_thread_and_leaves_nothing_to_import(name, environments):
    done = call(environments / name / "bin" / "python", "-I", "-c", PROGRAM, name)
    assert done.returncode == 0, done.stdout
    before, after, late = json.loads(done.stdout.splitlines()[-1])
    assert after <= before  # Theano starts a compiler, which ends those threads, too
    assert late == []
