"""The files of a prepared dataset: x.npy and y.npy, which a run can map, and data.json, which describes them.

x is uint8, or float32 of one's own data; the digest is of the bytes of x, then y.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.core.files import atomic

if TYPE_CHECKING:
    import numpy as np


def facts(folder: str | Path) -> dict[str, Any] | None:
    """Return rows, shape and classes of a prepared dataset; None without data.json, or if it is damaged."""
    try:
        found = json.loads(Path(folder, "data.json").read_text(encoding="utf-8"))
        return {name: found[name] for name in ("rows", "shape", "classes")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def entry(folder: str | Path) -> dict[str, Any] | None:
    """Return the entry of `data.own` that a dataset was prepared from; None if it is not known."""
    try:
        return json.loads(Path(folder, "data.json").read_text(encoding="utf-8")).get("entry")
    except (OSError, ValueError, AttributeError):
        return None


def digest(x: "np.ndarray", y: "np.ndarray") -> str:
    """Return the first 16 hex digits of the SHA-256 of the bytes of two contiguous arrays."""
    sha = hashlib.sha256(x.data)
    sha.update(y.data)
    return sha.hexdigest()[:16]


def write(
    folder: str | Path,
    name: str,
    x: "np.ndarray",
    y: "np.ndarray",
    class_names: list[str],
    *,
    entry: Mapping[str, Any] | None = None,
) -> None:
    """Write x.npy, y.npy and data.json into `folder`: all of them or none. `entry` is that of `data.own`."""
    import numpy as np  # here: the workflow asks for facts, and may run without NumPy

    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    facts = {
        "dataset": name,
        "rows": len(x),
        "shape": list(x.shape[1:]),
        "classes": len(class_names),
        "digest": digest(x, y),
        "class_names": class_names,
        **({"entry": entry} if entry else {}),
    }
    folder = Path(folder)
    with ExitStack() as stack:  # renamed in reverse order: data.json last
        json_path = stack.enter_context(atomic(folder / "data.json"))
        y_path = stack.enter_context(atomic(folder / "y.npy"))
        x_path = stack.enter_context(atomic(folder / "x.npy"))
        save(x_path, x)
        save(y_path, y)
        json_path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def save(path: Path, array: "np.ndarray") -> None:
    """Write a contiguous array as np.save does, except that a full disk raises an OSError that says so."""
    import numpy as np

    with path.open("wb") as file:
        header = np.lib.format.header_data_from_array_1_0(array)
        np.lib.format.write_array_header_1_0(file, header)
        file.write(array.data)
