"""Which frameworks a change concerns: only their long tests are run, and PyTorch's, the shortest, always.

Long tests are the contract suite, the parity certificate and a training on each dataset of the study, once in
each implementation. They rest on the framework's code and packages, on the networks, on the NumPy reference
and on the tests themselves. What of this is as it was at the last commit whose CI passed (.ci/passed) was
tried there. Comments, docstrings and file names of Python code do not count. Where that commit cannot be read
(a shallow clone, a copy without .git), all frameworks are concerned.

TRAINCLOCK_FRAMEWORKS names other ones: `all`, or `jax,theano`.
"""

import functools
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml
from paths import ROOT

sys.path.insert(0, str(ROOT))  # also where it is run by itself
from scripts.training.code_digest import ALL, digest, texts_of, trainer_digests
from scripts.training.frameworks import registry

PASSED = ROOT / ".ci" / "passed"
ALWAYS = "pytorch"
CODE = [f"parity/{name}.py" for name in ("first_steps", "reference")]
CODE += [f"parity/numpy_{name}.py" for name in ("layers", "activations", "optimizers")]
SMOKE = "presets/smoke.yaml"
FILES = ["tests/support/contract.py", "tests/support/promises.py"]
FILES += ["tests/support/flat_areas.py", "tests/support/small_networks.py"]
FILES += ["tests/support/optimizer_facts.py", "tests/support/optimizer_probe.py"]
FILES += ["tests/support/layer_facts.py", "tests/support/layer_probe.py", "tests/support/fresh_steps.py"]
FILES += ["tests/support/dropout_masks.py"]
TRIED = ("dropout", "frameworks", "fresh_steps", "library_facts", "small_networks", "smoke")
FILES += [f"tests/e2e/test_{name}.py" for name in TRIED]
OWN_LAYERS = "tests/support/own_layers"
SECTIONS = ("networks", "training", "matched")  # of config.yaml


@functools.cache
def to_try() -> list[str]:
    """Name the frameworks whose long tests are run, sorted."""
    asked = os.environ.get("TRAINCLOCK_FRAMEWORKS")
    if asked:
        return registry.names() if asked == "all" else sorted(asked.split(","))
    return sorted({ALWAYS, *concerned(ROOT, PASSED.read_text().strip())})


def concerned(root: Path, commit: str) -> list[str]:
    """Name the frameworks of a checkout that are not as at a commit of it; all if it has no such commit."""
    files = root.glob("envs/*.yaml")
    names = tuple(sorted(file.stem for file in files if file.stem in registry.names()))
    now, then = bases(names, root), bases_at(names, root, commit)
    return [name for name in names if now[name] != then.get(name)]


@functools.cache
def bases_at(names: tuple[str, ...], root: Path, commit: str) -> dict[str, str]:
    """Give the bases at a commit; none if there is no such commit."""
    archive = subprocess.run(["git", "archive", commit], cwd=root, capture_output=True, check=False)
    if archive.returncode:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        return bases(names, Path(folder))


def bases(names: Iterable[str], root: Path) -> dict[str, str]:
    """Give digests of what the long tests of these frameworks rest on in a tree, of those that it has."""
    scripts = root / "scripts"
    names = [name for name in names if (root / "envs" / f"{name}.yaml").exists()]
    try:
        config = yaml.safe_load((root / "config.yaml").read_text())
        common = [text for path in CODE for text in texts_of(scripts / path, ALL, scripts)]
        common += [json.dumps([config[key] for key in SECTIONS])]
        common += [json.dumps(yaml.safe_load((root / SMOKE).read_text()))]
        common += [(root / path).read_text() for path in FILES]
        common += [path.read_text() for path in sorted((root / OWN_LAYERS).glob("*.py"))]
    except FileNotFoundError:
        return {}
    codes = trainer_digests(names, scripts)
    return {name: digest([*common, codes[name], packages(name, root)]) for name in names}


def packages(framework: str, root: Path) -> str:
    """List the packages of a framework's env files, that of its own for a GPU among them."""
    files = [root / "envs" / f"{framework}{end}.yaml" for end in ("", "-gpu")]
    return json.dumps([yaml.safe_load(file.read_text()) for file in files if file.exists()])


if __name__ == "__main__":
    print(",".join(to_try()))
