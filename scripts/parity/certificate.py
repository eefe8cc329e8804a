"""The parity certificate: the first steps of every framework compared with the NumPy reference.

Two questions, two precisions. Is it the same network? In float64 every framework must agree with the
float64 reference nearly to rounding; a wrong constant shows at once. Does the arithmetic that runs
really use, float32, stay as near as float32 can? Rounding turns a ReLU or a maximum now and then, and
from there training parts; so the same reference in float32, several times from weights and inputs
changed by a millionth, shows how far that alone leads away.

Writes the table (PREFIX.csv, .md, .html, .tex) and every step (--steps FILE.csv). With --check FILE.csv
it writes nothing and fails if that certificate names a framework that does not agree.
"""

import argparse
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.analysis import display_names
from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.parity.numpy_layers import relative_distance
from scripts.tables.page_model import Block, Cell, Page, gap, text
from scripts.tables.write import write
from scripts.training.batch_order import PARITY_TEST_ROWS
from scripts.workflow.run_status import recorded_failures

# Largest relative difference from the float64 reference. float64 has 16 digits, so 1e-7 leaves room for
# Theano's rounding of constants, and none for a wrong one. Float32 has 7: 1e-4 and 1e-3 are what 10 and
# 50 steps of growing rounding errors leave where no ReLU turns.
EXACT = {"losses": 1e-7, "gradients": 1e-9, "probabilities": 1e-7}
FLOAT32 = {"early": 1e-4, "late": 1e-3, "gradients": 1e-4}
EARLY = 10  # steps
LEAST_LOSS = 1e-3  # mean cross-entropy: all rows right, with a probability of 0.999
# A framework may part from the reference this many times as far as NumPy's own float32 does at most.
ROOM = 10
REFERENCE = "reference"
PAIR = ["dataset", "framework", "implementation", "device"]
Arrays = Mapping[str, np.ndarray]  # the content of a file: losses, gradient_0, ..., or nudged_losses, ...
Differences = tuple[np.ndarray, float]  # relative: of the loss of each step, (steps,); of the gradients
# Columns after those that name the pair. `failure` is why there are no first steps, where there are none.
ROW = [
    *("version", "steps", "same_network", "float32_as_expected", "float64_losses", "float64_gradients"),
    "float64_probabilities",
    *(f"float32_losses_{EARLY}", "float32_losses", "float32_gradients"),
    *(f"numpy_float32_losses_{EARLY}", "numpy_float32_losses", "numpy_float32_gradients", "failure"),
]


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--parity", type=Path, help="folder of all files of parity/first_steps.py and reference.py"
    )
    parser.add_argument("--files", nargs="+", type=Path, default=[], help="those to compare")
    parser.add_argument("--out", type=Path, help="the table, without suffix")
    parser.add_argument("--steps", type=Path, help="the differences at every step, CSV")
    parser.add_argument("--check", type=Path, metavar="FILE", help="a certificate, CSV")
    return parser.parse_args()


def predictions_apart(measured: Arrays, reference: Arrays) -> float:
    """Compute the largest difference of a probability of a test row from the reference's; not relative.

    Raises UserError for files of a version that had none.
    """
    if not all("probabilities" in arrays for arrays in (measured, reference)):
        raise UserError("first steps of an older version, without predictions: delete the folder parity")
    return float(np.abs(measured["probabilities"] - reference["probabilities"]).max())


def differences(measured: Arrays, reference: Arrays) -> Differences:
    """Compute the relative differences from the reference.

    Of the gradients it is the largest of any gradient of step 1: norm of the difference over the norm of
    the reference's. Losses below LEAST_LOSS, which is near to none, are compared with that.
    """
    losses = losses_apart(measured["losses"], reference["losses"])
    names = [name for name in measured if name.startswith("gradient_")]
    gradients = relative_distance([measured[name] for name in names], [reference[name] for name in names])
    return losses, gradients


def losses_apart(losses: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Compute the relative differences of losses, (..., steps)."""
    return np.abs(losses - expected) / np.maximum(np.abs(expected), LEAST_LOSS)


def spread(reference: Arrays) -> Differences:
    """Compute how far the reference's own float32 runs part from it, the greatest of all of them."""
    away = losses_apart(reference["nudged_losses"], reference["losses"])
    return away.max(axis=0), float(reference["nudged_gradients"].max())


def judge(
    exact: Differences, predicted: float, single: Differences, yardstick: Differences
) -> dict[str, Any]:
    """Judge the differences in float64, `predicted` that of predictions, and in float32: a certificate's row.

    `yardstick` is what the reference's own float32 differs by at most.
    """
    limits = {
        "early": max(FLOAT32["early"], ROOM * yardstick[0][:EARLY].max()),
        "late": max(FLOAT32["late"], ROOM * yardstick[0].max()),
        "gradients": max(FLOAT32["gradients"], ROOM * yardstick[1]),
    }
    row = {
        "float64_losses": exact[0].max(),
        "float64_gradients": exact[1],
        "float64_probabilities": predicted,
        f"float32_losses_{EARLY}": single[0][:EARLY].max(),
        "float32_losses": single[0].max(),
        "float32_gradients": single[1],
        f"numpy_float32_losses_{EARLY}": yardstick[0][:EARLY].max(),
        "numpy_float32_losses": yardstick[0].max(),
        "numpy_float32_gradients": yardstick[1],
    }
    same = all(row[f"float64_{what}"] <= limit for what, limit in EXACT.items())
    near = (
        row[f"float32_losses_{EARLY}"] <= limits["early"]
        and row["float32_losses"] <= limits["late"]
        and row["float32_gradients"] <= limits["gradients"]
    )
    return {"same_network": bool(same), "float32_as_expected": bool(near), **row}


def certify(folder: Path, files: Iterable[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the certificate, a row for each of PAIR; and all steps, tidy.

    `files` are those below `folder` to compare: DEVICE/FRAMEWORK/IMPLEMENTATION/DATASET-PRECISION.npz and
    reference/DATASET.npz. Raises UserError if a file is missing its partner or its reference.
    """
    names = {path: path.relative_to(folder).with_suffix("").as_posix() for path in files}
    failures = {names[path]: failure.reason for path, failure in recorded_failures(files).items()}
    read = {name: arrays(path) for path, name in names.items() if name not in failures}
    rows, steps = [], []
    for name in names.values():
        if name.startswith(REFERENCE) or not name.endswith("-float64"):
            continue
        device, framework, implementation, file = name.split("/")
        dataset = file.rsplit("-", 1)[0]
        pair = dict(zip(PAIR, (dataset, framework, implementation, device), strict=True))
        needed = (name, name.replace("-float64", "-float32"), f"{REFERENCE}/{dataset}")
        failure = next((failures[part] for part in needed if part in failures), None)
        if failure:
            rows.append(pair | dict.fromkeys(ROW) | {"steps": 0, "failure": failure})
            continue
        try:
            double = read[name]
            reference = read[f"{REFERENCE}/{dataset}"]
            own = spread(reference)
            exact, predicted = differences(double, reference), predictions_apart(double, reference)
            single = differences(read[name.replace("-float64", "-float32")], reference)
        except KeyError as error:
            raise UserError(f"{folder}/{error.args[0]}.npz is missing: give the same command again") from None
        version = json.loads(str(double["facts"]))["version"]
        rows.append(
            pair | {"version": version, "steps": len(exact[0])} | judge(exact, predicted, single, own)
        )
        for precision, (losses, _) in {"float64": exact, "float32": single, "NumPy float32": own}.items():
            steps += [
                pair | {"precision": precision, "step": n, "difference": value}
                for n, value in enumerate(losses, start=1)
            ]
    table = pd.DataFrame(rows, columns=[*PAIR, *ROW]).sort_values(PAIR, ignore_index=True)
    return table, pd.DataFrame(steps, columns=[*PAIR, "precision", "step", "difference"])


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of a .npz file."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def page(rows: pd.DataFrame) -> Page:
    """Lay out the certificate."""
    agreed, tested = sum(map(agrees, records(rows))), int(rows.loc[:, "failure"].isna().sum())
    failed = [f"{len(rows) - tested} are not tested, since they failed."] if tested < len(rows) else []
    made = Page(
        "Parity certificate",
        [
            f"{agreed} of {tested} agree: the same network, loss and optimiser, whatever the framework.",
            "Matched settings, dropout off, same initial weights and batches: largest relative difference"
            " from a plain NumPy float64 reference, of the losses of the first steps and of the gradients of"
            " the first.",
            f"Float64 shows the mathematics: losses within {EXACT['losses']:.0e}, gradients within"
            f" {EXACT['gradients']:.0e}, probabilities of {PARITY_TEST_ROWS} test rows after the last step"
            f" within {EXACT['probabilities']:.0e}. Float32 is what runs: losses within"
            f" {FLOAT32['early']:.0e} through step {EARLY} and {FLOAT32['late']:.0e} to the end, gradients"
            f" within {FLOAT32['gradients']:.0e}, or {ROOM} times what the same NumPy reference in float32"
            " differs by at most (last columns) when weights and inputs are changed by a millionth: rounding"
            " turns a ReLU now and then, and from there any two computations part.",
            *failed,
        ],
    )
    columns = {
        "float64_losses": "float64 losses",
        "float64_gradients": "float64 gradients",
        "float64_probabilities": "float64 predictions",
        f"float32_losses_{EARLY}": f"float32 losses, {EARLY} steps",
        "float32_losses": "float32 losses, all steps",
        "float32_gradients": "float32 gradients",
        "numpy_float32_losses": "NumPy float32 losses",
        "numpy_float32_gradients": "NumPy float32 gradients",
    }
    header = [*PAIR, "version", "agrees", *columns.values()]
    lines = []
    for row in records(rows):
        names = [display_names.dataset(row["dataset"]), display_names.framework(row["framework"])]
        names += [row["implementation"], display_names.device(row["device"]), row["version"] or ""]
        cells = [difference(row[name]) for name in columns]
        lines.append([*map(text, names), verdict(row), *cells])
    made.blocks = [Block("", header, lines)]
    return made


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows of the certificate as {column: value}."""
    return rows.to_dict("records")


def agrees(row: Mapping[str, Any]) -> bool:
    """Return whether a row of the certificate is tested and agrees; both columns are null where it failed."""
    return row["same_network"] == True and row["float32_as_expected"] == True  # noqa: E712, or null


def difference(value: float | None) -> Cell:
    """Make the cell of a relative difference."""
    return gap("-") if value is None or math.isnan(value) else Cell(f"{value:.1e}", float(value))


def verdict(row: Mapping[str, Any]) -> Cell:
    """Make the cell of whether a row agrees."""
    if pd.notna(row["failure"]):
        return gap(f"not tested: {row['failure']}")
    if not row["same_network"]:
        return Cell("NO: not the same network", None, "best")
    if not row["float32_as_expected"]:
        return Cell("NO: float32 goes astray", None, "best")
    return Cell("yes")


def check(path: Path) -> None:
    """Read a certificate, CSV. Raises UserError naming every pair that does not agree."""
    rows = pd.read_csv(path)
    tested = records(rows.loc[rows["failure"].isna()])
    bad = [row for row in tested if not agrees(row)]
    if bad:
        names = [
            f"{row['framework']} ({row['implementation']}, {row['device']}) on {row['dataset']}"
            for row in bad
        ]
        raise UserError(
            f"{len(bad)} of {len(rows)} do not train the same network: {'; '.join(names)}. Their times"
            f" compare different computations; {path.with_suffix('.md')} shows by how much they differ"
        )
    failed = len(rows) - len(tested)
    print(f"all {len(tested)} train the same network; {failed} are not tested, since they failed")


def main() -> None:
    """Write the certificate, or check one that is there."""
    args = options()
    if args.check:
        check(args.check)
        return
    rows, steps = certify(args.parity, args.files)
    write("parity", rows, page(rows), args.out)
    with atomic(args.steps) as temporary:
        steps.to_csv(temporary, index=False, lineterminator="\n")
