"""The digest of the training code, by which records of older code are recognised.

Two trees have the same digest if what is timed computes the same: comments, docstrings, annotations, file
names and module boundaries do not matter (see training/syntax.py).
"""

import functools
import hashlib
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Sequence

from scripts.core.paths import SCRIPTS
from scripts.training.syntax import Imports, definitions, parse

# What every framework's run goes through, below scripts/: these definitions of a module, or all.
ALL: Sequence[str] = ()
TIMED_PATH: Dict[str, Sequence[str]] = {
    "training/session.py": (
        *("THREAD_WAIT", "set_threads", "take_gpu", "open_session", "load_and_build", "trainer_of", "build"),
        *("all_rows", "library_seed", "row_order", "calibrate", "train_epochs"),
    ),
    "training/train.py": ("train", "test_scores"),
    "training/machine/core_affinity.py": ALL,
    "training/timing.py": ALL,
    "core/network.py": ALL,
    "training/batch_order.py": ALL,
    "training/fold_data.py": ALL,
    "training/initial_weights.py": ("names", "read"),
}
FRAMEWORKS = "training/frameworks"
NOT_TIMED = ("FRAMEWORK", "import_ahead")  # of a framework: what it is, and what comes before a run


@functools.lru_cache(maxsize=None)
def trainer_digest(framework: str, scripts: Path = SCRIPTS) -> str:
    """Give the first 16 hex digits of the SHA-256 of the code that a run of this framework goes through.

    It takes a fifth of a second, and is that of the code which this process began with.
    """
    return digest(timed_definitions(framework, Path(scripts)))


def trainer_digests(frameworks: Iterable[str], scripts: Path = SCRIPTS) -> Dict[str, str]:
    """Give the digest of each of several frameworks; what they share is read once."""
    shared = shared_definitions(scripts)
    return {name: digest(shared + own_definitions(name, scripts)) for name in frameworks}


def digest(texts: Iterable[str]) -> str:
    """Give the first 16 hex digits of the SHA-256 of texts, whatever their order."""
    hashes = sorted(hashlib.sha256(text.encode()).hexdigest() for text in texts)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:16]


def timed_definitions(framework: str, scripts: Path) -> List[str]:
    """List the text of every definition on the timed path of a framework, in any order."""
    return shared_definitions(scripts) + own_definitions(framework, scripts)


def shared_definitions(scripts: Path) -> List[str]:
    """List the texts of what every framework's run goes through."""
    files = ((scripts / path, names) for path, names in TIMED_PATH.items())
    return [text for file, names in files for text in texts_of(file, names, scripts)]


def own_definitions(framework: str, scripts: Path) -> List[str]:
    """List the texts of a framework's own modules, and of what they share with others."""
    files = framework_files(framework, scripts)
    return [text for file in files for text in texts_of(file, ALL, scripts)]


def texts_of(file: Path, wanted: Sequence[str], scripts: Path) -> Iterator[str]:
    """Yield the texts of a module's definitions, of these names or of all."""
    tree = parse(file)
    for name, text in definitions(tree, Imports(tree, file, scripts)):
        if name not in NOT_TIMED and (not wanted or name in wanted):
            yield text


def framework_files(framework: str, scripts: Path) -> List[Path]:
    """List the modules of a framework's folder, and those of _shared/ that they import."""
    folder = scripts / FRAMEWORKS
    files = sorted((folder / framework).glob("*.py"))
    for file in files:  # which grows
        tree = parse(file)
        imported = Imports(tree, file, scripts).files(tree)
        files += [new for new in imported if folder / "_shared" in new.parents and new not in files]
    return files
