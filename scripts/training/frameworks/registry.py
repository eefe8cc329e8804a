"""All frameworks: the folders next to this file. Neither a framework nor NumPy is imported here."""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import List, Optional, Type

from scripts.training.frameworks.trainer import Framework, Trainer


def names() -> List[str]:
    """Give the names of all frameworks, sorted; what they share begins with _."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if module.ispkg and not module.name.startswith("_"))


def module(name: str) -> ModuleType:
    """Import the folder of a framework, which has what trainer.py lists."""
    return importlib.import_module(f"{__package__}.{name}")


def framework(name: str) -> Framework:
    """Give the description of a framework."""
    return module(name).FRAMEWORK


def trainer_class(name: str, implementation: str) -> Type[Trainer]:
    """Give the Trainer of one implementation of a framework."""
    return framework(name).trainers[implementation]


def shares_import(name: str, device: str) -> bool:
    """Say whether runs of a framework may be forks of one process that has imported it."""
    return device == "cpu" and hasattr(module(name), "import_ahead")


def what_lacks(name: str, settings: str, device: str, implementation: str) -> Optional[str]:
    """Name the first of these that a framework cannot do; None if it can do them all."""
    known = framework(name)
    if device not in known.devices:
        return device
    if settings not in known.settings:
        return f"{settings} settings"
    return None if implementation in known.trainers else f"{implementation} implementations"
