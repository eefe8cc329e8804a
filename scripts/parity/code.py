"""What first steps and their reference are made by, as params of rules: if it changes, they are made again.

Runs are not (docs/decisions/0003-rerun-triggers.md): they take days, and first steps take minutes. A
certificate of older code, or of another version of a library, would be none.
"""

import functools
from pathlib import Path

from scripts.core.paths import ENVS, SCRIPTS
from scripts.environments.env_file import environment_name
from scripts.training.code_digest import ALL, digest, texts_of, trainer_digest

FIRST_STEPS = ("parity/first_steps.py",)
REFERENCE = (
    *("parity/reference.py", "parity/numpy_layers.py", "parity/numpy_activations.py"),
    *("parity/numpy_optimizers.py", "training/batch_order.py", "training/fold_data.py"),
    *("core/network.py", "training/frameworks/_shared/learning_rate.py"),
)


def of_first_steps(framework: str, device: str, scripts: Path = SCRIPTS, envs: Path = ENVS) -> str:
    """Give the digest of a framework's training code, and of the file that names its packages."""
    packages = (envs / f"{environment_name(framework, device)}.yaml").read_text(encoding="utf-8")
    return digest([trainer_digest(framework, scripts), of_modules(FIRST_STEPS, scripts), packages])


def of_reference(scripts: Path = SCRIPTS) -> str:
    """Give the digest of the reference's code."""
    return of_modules(REFERENCE, scripts)


@functools.lru_cache
def of_modules(modules: tuple[str, ...], scripts: Path) -> str:
    """Give the digest of all definitions of modules below `scripts`."""
    return digest([text for name in modules for text in texts_of(scripts / name, ALL, scripts)])
