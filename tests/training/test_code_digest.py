"""The digest of the training code changes with what is timed, and with nothing else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ENVIRONMENTS, ROOT

from scripts.training import syntax
from scripts.training.code_digest import timed_definitions, trainer_digest, trainer_digests
from scripts.training.frameworks import registry

NAMES = registry.names()
DIGESTS = trainer_digests(NAMES)  # of the checkout


@pytest.fixture
def tree(tmp_path):
    """A copy of scripts/, whose code a test may edit."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return Tree(tmp_path / "scripts")


class Tree:
    def __init__(self, folder):
        self.folder = folder

    def edit(self, file, *changes, everywhere=False):
        """Replace texts that are there; once, or wherever they are."""
        path = self.folder / file
        code = path.read_text()
        for old, new in changes:
            assert old in code, f"{file} has no {old!r}: the test tries nothing"
            code = code.replace(old, new) if everywhere else code.replace(old, new, 1)
        path.write_text(code)

    def changed(self):
        """Names of the frameworks whose digest is not that of the checkout."""
        digests = trainer_digests(NAMES, self.folder)
        return [name for name in NAMES if digests[name] != DIGESTS[name]]


def test_a_copy_elsewhere_has_the_same_digest(tree):
    assert tree.changed() == []
    assert {name: trainer_digest(name) for name in NAMES} == DIGESTS
    assert len(set(DIGESTS.values())) == len(NAMES)


def test_comments_docstrings_blank_lines_and_annotations_leave_it(tree):
    tree.edit(
        "training/batch_order.py",
        ("import numpy as np\n", "import numpy as np  # edited\n\n    # as is\n"),
        ("Draw the order of `rows`", "Draw an edited order of `rows`"),
        ("PARITY_ROWS = 16", "PARITY_ROWS: int = 16"),
        ("batches, epoch = [], 0", "batches: list\n    batches, epoch = [], 0"),
    )
    tree.edit(
        "core/network.py",
        ("input_shape: Sequence[int]) -> List[Shape]:", "input_shape) -> list:"),
    )
    assert tree.changed() == []


def test_the_words_of_errors_and_of_what_is_printed_leave_it(tree):
    tree.edit("training/session.py", ("counts {parameters} parameters", "has {parameters} parameters"))
    tree.edit("training/timing.py", ("it diverged", "it went off"), ("s left)", "s to go)"))
    assert tree.changed() == []
    tree.edit("training/timing.py", ("raise Diverged(", "raise ValueError("))
    assert tree.changed() == NAMES


def test_a_function_in_another_module_leaves_it(tree):
    """The garbage collector's switch, with what it needs, from the clock's module to that of the rows."""
    path = tree.folder / "training/timing.py"
    code = path.read_text()
    moved = re.search(r"@contextmanager\n.+?gc\.enable\(\)\n", code, flags=re.S)[0]
    path.write_text(code.replace(moved, ""))
    rows = tree.folder / "training/fold_data.py"
    rows.write_text(f"{rows.read_text()}\nimport gc\nfrom contextlib import contextmanager\n\n\n{moved}")
    tree.edit("training/session.py", ("timing.quiet_garbage_collector", "fold_data.quiet_garbage_collector"))
    assert tree.changed() == []


def test_another_style_of_imports_leaves_it(tree):
    order, clock = "scripts.training.batch_order", "from scripts.training.timing import EpochClock\n"
    tree.edit(
        "training/session.py",
        ("timing.EpochClock(", "EpochClock("),
        (f"from {order} import epoch_order\n", f"{clock}import {order}\n"),
        ("(epoch_order,", f"({order}.epoch_order,"),
        ("import functools\n", "from functools import partial as bound\n"),
        ("functools.partial(", "bound("),
    )
    assert tree.changed() == []


def test_a_renamed_module_leaves_it(tree):
    (tree.folder / "training/timing.py").rename(tree.folder / "training/measure.py")
    for path in tree.folder.rglob("*.py"):  # the table of the timed path, too
        path.write_text(re.sub(r"\btiming\b(?=\.|,| import|$)", "measure", path.read_text(), flags=re.M))
    code = (
        "from scripts.training.code_digest import trainer_digest as d;"
        " import sys; print(*map(d, sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *NAMES]
    done = subprocess.run(command, cwd=tree.folder.parent, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*DIGESTS.values()]


def test_a_base_class_that_only_states_the_contract_leaves_it(tree):
    file = "training/frameworks/pytorch/idiomatic.py"
    tree.edit(file, ("class Idiomatic(Trainer):", "class Idiomatic:"))
    tree.edit(
        file,
        (
            "def parameter_count(self) -> int:",
            "@abstractmethod\n    def more(self):\n        ...\n\n    def parameter_count(self) -> int:",
        ),
    )
    assert tree.changed() == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("training/batch_order.py", "PARITY_ROWS = 16", "PARITY_ROWS = 17"),  # a constant
        ("training/batch_order.py", "[seed, fold, epoch]", "[seed, epoch, fold]"),  # of an epoch
        ("training/timing.py", "self.synchronize()\n        stopped", "stopped"),  # the clock
        ("training/machine/core_affinity.py", "BUSY = 0.5", "BUSY = 0.4"),
        ("training/initial_weights.py", "arrays[name] for name", "arrays[name] + 0 for name"),
        ("training/session.py", "library_seed(spec.seed, fold)", "library_seed(spec.seed, 0)"),
        ("training/train.py", "session.calibrate(opened)", "0.0"),
    ],
)
def test_what_all_frameworks_go_through_changes_all(tree, file, old, new):
    tree.edit(file, (old, new))
    assert tree.changed() == NAMES


@pytest.mark.parametrize(
    ("framework", "old", "new"),
    [
        ("pytorch", "torch.nn.CrossEntropyLoss()", "torch.nn.NLLLoss()"),
        ("theano", "T.nnet.logsoftmax", "T.nnet.softmax"),
        ("tensorflow", "tf.GradientTape()", "tf.GradientTape(persistent=True)"),
        ("keras_torch", "torch.autograd.grad(loss", "torch.autograd.grad(2 * loss"),
        ("keras_jax", "others, x, training=True", "others, x, training=False"),
    ],
)
def test_an_edited_framework_changes_its_own_alone(tree, framework, old, new):
    folder = tree.folder / "training/frameworks"
    (file,) = [path for path in folder.rglob("*.py") if old in path.read_text() and "idiomatic" in path.name]
    tree.edit(file, (old, new))
    assert tree.changed() == [framework]


@pytest.mark.parametrize(
    ("file", "old", "new", "users"),
    [
        (
            "keras",
            "layers.Flatten()",
            "layers.Flatten(1)",
            ["cntk", "keras_jax", "keras_torch", "tensorflow", "theano"],
        ),
        (
            "keras3",
            "decay_steps=1, decay",
            "decay_steps=2, decay",
            ["keras_jax", "keras_torch", "tensorflow"],
        ),
        ("xla_layers", "jnp.maximum", "jnp.minimum", ["jax", "keras_jax"]),
        ("torch_set_up", "allow_tf32 = False", "allow_tf32 = True", ["keras_torch", "pytorch"]),
    ],
)
def test_shared_code_changes_those_that_use_it(tree, file, old, new, users):
    tree.edit(f"training/frameworks/_shared/{file}.py", (old, new))
    assert tree.changed() == users


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("core/record.py", "RECORD_VERSION = 2", "RECORD_VERSION = 3"),
        ("training/machine/hardware.py", "timeout=20", "timeout=30"),
        ("training/train.py", "started=started", "started='then'"),
        ("forecast/probe.py", "EPOCH_S, MOST_STEPS = 1.0", "EPOCH_S, MOST_STEPS = 2.0"),
        ("parity/first_steps.py", "FOLD = 0", "FOLD = 1"),
    ],
)
def test_what_is_not_timed_leaves_it(tree, file, old, new):
    tree.edit(file, (old, new))
    assert tree.changed() == []


def interpreters(oldest):
    """Pythons that are there, from a version 3.X on: of the oldest environments, and beside ours in pyenv."""
    versions = {6: "cntk", 8: "theano"}
    found = [ENVIRONMENTS / f"{name}/bin/python" for minor, name in versions.items() if minor >= oldest]
    found += [
        path
        for path in sorted(Path(sys.base_prefix).parent.glob("3.*/bin/python"))
        if int(path.parents[1].name.split(".")[1]) >= max(oldest, 7)  # a plain 3.6 has no dataclasses
    ]
    return [path for path in found if path.exists()]


@pytest.mark.parametrize("oldest", [6, 8])
def test_every_python_gives_the_same_digest(environments, tmp_path, oldest):
    """CNTK's own is 3.6, Theano's 3.8. Odd code, too: what the Pythons' trees differ in."""
    odd = tmp_path / "odd.py"
    odd.write_text(ODD.replace("self, a", "self, /, a").replace('f"" ', 'f"{a=}" ') if oldest == 8 else ODD)
    names = registry.names() if oldest == 8 else ["cntk"]
    code = (
        "import sys; from pathlib import Path; from scripts.training import syntax;"
        "from scripts.training.code_digest import trainer_digests; path = Path(sys.argv[1]);"
        "tree = syntax.parse(path); imports = syntax.Imports(tree, path, Path('scripts').resolve());"
        "print(trainer_digests(sys.argv[2:]), list(syntax.definitions(tree, imports)))"
    )
    pythons = [sys.executable, *interpreters(oldest)]
    found = {
        subprocess.run(
            [python, "-c", code, odd, *names], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for python in pythons
    }
    assert len(pythons) > 1
    assert len(found) == 1


ODD = """
from typing import Optional


class Odd(dict):
    'Documented.'

    size: int
    first: Optional[int] = None

    def get(self, a, *rest, key=u"old", **more):
        \"\"\"Documented.\"\"\"
        x = rest[1:2, ..., a], rest[a], rest[a, 1], rest[:]
        return f"{a}" "b" f"c{a!r:>{key}}" f"" "d{}" "\u0378\U0001fae8" + f"{a:.3f}", -1, 1e-7, 2j, b"x", None


ONE, TWO = 1, [*range(3)]
ONE += 2
"""


def test_names_of_our_modules_go_and_local_names_stay(tmp_path):
    path = tmp_path / "scripts/module.py"
    path.parent.mkdir()
    path.with_name("rows.py").write_text("")
    texts = []
    for head, use in [
        ("import rows", "rows.load"),
        ("from rows import load", "load"),
        ("from . import rows", "rows.load"),
        ("from scripts import rows as r", "r.load"),
        ("from rows import load as l", "l"),
        ("import scripts.rows", "scripts.rows.load"),
    ]:
        path.write_text(f"{head}\ndef f(data):\n    return {use}(data)\n")
        tree = syntax.parse(path)
        texts += syntax.definitions(tree, syntax.Imports(tree, path, path.parent))
    assert len(texts) == 6 and len(set(texts)) == 1
    path.write_text("import rows\ndef f(rows):\n    return rows.load(data)\n")
    tree = syntax.parse(path)
    (local,) = syntax.definitions(tree, syntax.Imports(tree, path, path.parent))
    assert "attr='load'" in local[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_timed_path_is_not_empty(name):
    texts = "\n".join(timed_definitions(name, ROOT / "scripts"))
    for words in (
        "name='EpochClock'",
        "name='epoch_order'",
        "name='set_up'",
        "name='Tuned'",
        "name='take_cores'",
    ):
        assert words in texts
    for words in ("name='Record'", "name='origin_of'", "'FRAMEWORK'"):
        assert words not in texts
