"""What a registry of tables or figures reads of its modules without importing them.

Rules need it on every node of a cluster, and pandas and Matplotlib take seconds. Standard library only.
"""

import ast
from pathlib import Path
from typing import Any, Dict


def paths(*folders: Path) -> Dict[str, Path]:
    """Return {name: file} of all modules in these folders."""
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    return {path.stem: path for path in files if path.stem != "__init__"}


def dotted(package: str, folder: Path, path: Path) -> str:
    """Return the name by which a module of the package in `folder` is imported."""
    return ".".join([package, *path.relative_to(folder).with_suffix("").parts])


def constants(path: Path) -> Dict[str, Any]:
    """Return {name: value} of the constants that a module sets at its top to plain text, lists, ..."""
    values = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # computed from something
    return values
