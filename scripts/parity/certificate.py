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
from typing import Any, NamedTuple

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

EARLY = 10  # steps
# Largest difference from the float64 reference. float64 has 16 digits, so 1e-7 leaves room for Theano's
# rounding of constants, and none for a wrong one. Float32 has 7: 1e-4 and 1e-3 are what 10 and 50 steps of
# growing rounding errors leave where no ReLU turns.
EXACT = {"losses": 1e-7, "gradients": 1e-9, "epoch": 1e-7, "probabilities": 1e-7}
FLOAT32 = {f"losses_{EARLY}": 1e-4, "losses": 1e-3, "gradients": 1e-4, "epoch": 1e-3, "probabilities": 1e-3}
LEAST_LOSS = 1e-3  # mean cross-entropy: all rows right, with a probability of 0.999
# A framework may part from the reference this many times as far as NumPy's own float32 does at most.
ROOM = 10
REFERENCE = "reference"
PAIR = ["dataset", "framework", "implementation", "device"]
Arrays = Mapping[str, np.ndarray]  # the content of a file: losses, gradient_0, ..., or nudged_losses, ...


class Differences(NamedTuple):
    """What parts a training from the reference; relative, but for that of probabilities."""

    losses: np.ndarray  # of each step, (steps,)
    gradients: float  # of step 1
    epoch: float  # of the mean loss of an epoch
    probabilities: float  # the largest, of any test row

    def largest(self) -> dict[str, float]:
        """Return the largest of each kind, by the names of FLOAT32."""
        return {
            f"losses_{EARLY}": self.losses[:EARLY].max(),
            "losses": self.losses.max(),
            "gradients": self.gradients,
            "epoch": self.epoch,
            "probabilities": self.probabilities,
        }


# Columns after those that name the pair. `failure` is why there are no first steps, where there are none.
ROW = [
    *("version", "steps", "same_network", "float32_as_expected"),
    *(f"float64_{what}" for what in EXACT),
    *(f"float32_{what}" for what in FLOAT32),
    *(f"numpy_float32_{what}" for what in FLOAT32),
    "failure",
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


def differences(measured: Arrays, reference: Arrays) -> Differences:
    """Compute the differences from the reference.

    Of the gradients it is the largest of any gradient of step 1: norm of the difference over the norm of
    the reference's. Losses below LEAST_LOSS, which is near to none, are compared with that. Raises UserError
    for files of a version that trained no epoch.
    """
    if not all("epoch_loss" in arrays for arrays in (measured, reference)):
        raise UserError("first steps of an older version, without an epoch: delete the folder parity")
    names = [name for name in measured if name.startswith("gradient_")]
    return Differences(
        losses_apart(measured["losses"], reference["losses"]),
        relative_distance([measured[name] for name in names], [reference[name] for name in names]),
        float(losses_apart(measured["epoch_loss"], reference["epoch_loss"])),
        float(np.abs(measured["probabilities"] - reference["probabilities"]).max()),
    )


def losses_apart(losses: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Compute the relative differences of losses, (..., steps)."""
    return np.abs(losses - expected) / np.maximum(np.abs(expected), LEAST_LOSS)


def spread(reference: Arrays) -> Differences:
    """Compute how far the reference's own float32 runs part from it, the greatest of all of them."""
    return Differences(
        losses_apart(reference["nudged_losses"], reference["losses"]).max(axis=0),
        float(reference["nudged_gradients"].max()),
        float(losses_apart(reference["nudged_epoch_loss"], reference["epoch_loss"]).max()),
        float(np.abs(reference["nudged_probabilities"] - reference["probabilities"]).max()),
    )


def judge(exact: Differences, single: Differences, yardstick: Differences) -> dict[str, Any]:
    """Judge the differences in float64 and in float32: a certificate's row.

    `yardstick` is what the reference's own float32 differs by at most.
    """
    double, found, own = exact.largest(), single.largest(), yardstick.largest()
    same = all(double[what] <= limit for what, limit in EXACT.items())
    near = all(found[what] <= max(limit, ROOM * own[what]) for what, limit in FLOAT32.items())
    return {
        "same_network": bool(same),
        "float32_as_expected": bool(near),
        **{f"float64_{what}": double[what] for what in EXACT},
        **{f"float32_{what}": found[what] for what in FLOAT32},
        **{f"numpy_float32_{what}": own[what] for what in FLOAT32},
    }


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
            exact = differences(double, reference)
            single = differences(read[name.replace("-float64", "-float32")], reference)
            own = spread(reference)
        except KeyError as error:
            raise UserError(f"{folder}/{error.args[0]}.npz is missing: give the same command again") from None
        version = json.loads(str(double["facts"]))["version"]
        rows.append(pair | {"version": version, "steps": len(exact.losses)} | judge(exact, single, own))
        for precision, apart in {"float64": exact, "float32": single, "NumPy float32": own}.items():
            steps += [
                pair | {"precision": precision, "step": n, "difference": value}
                for n, value in enumerate(apart.losses, start=1)
            ]
    table = pd.DataFrame(rows, columns=[*PAIR, *ROW]).sort_values(PAIR, ignore_index=True)
    return table, pd.DataFrame(steps, columns=[*PAIR, "precision", "step", "difference"])


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of a .npz file."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


WHAT_IS_COMPARED = (
    "Matched settings, dropout off, same initial weights and batches: largest relative difference"
    " from a plain NumPy float64 reference, of the losses of the first steps, of the gradients of"
    " the first, and of an epoch of these steps and a smaller batch, trained as in a run. With"
    " published settings each library keeps its own defaults: of those runs this shows the layers"
    " alone.",
    f"Float64 shows the mathematics: losses, and the mean loss of the epoch, within"
    f" {EXACT['losses']:.0e}, gradients within"
    f" {EXACT['gradients']:.0e}, probabilities of {PARITY_TEST_ROWS} test rows after the epoch"
    f" within {EXACT['probabilities']:.0e}. Float32 is what runs: losses within"
    f" {FLOAT32[f'losses_{EARLY}']:.0e} through step {EARLY}, {FLOAT32['losses']:.0e} to the end and"
    f" in the mean of the epoch, gradients within {FLOAT32['gradients']:.0e}, probabilities within"
    f" {FLOAT32['probabilities']:.0e}, or {ROOM} times what the same NumPy reference in float32"
    " differs by at most (last columns) when weights and inputs are changed by a millionth: rounding"
    " turns a ReLU now and then, and from there any two computations part.",
)
# Columns that the page shows after those of the pair.
SHOWN = {
    "float64_losses": "float64 losses",
    "float64_gradients": "float64 gradients",
    "float64_epoch": "float64 epoch",
    "float64_probabilities": "float64 predictions",
    f"float32_losses_{EARLY}": f"float32 losses, {EARLY} steps",
    "float32_losses": "float32 losses, all steps",
    "float32_gradients": "float32 gradients",
    "float32_epoch": "float32 epoch",
    "float32_probabilities": "float32 predictions",
    "numpy_float32_losses": "NumPy float32 losses",
    "numpy_float32_gradients": "NumPy float32 gradients",
}


def page(rows: pd.DataFrame) -> Page:
    """Lay out the certificate."""
    agreed, tested = sum(map(agrees, records(rows))), int(rows.loc[:, "failure"].isna().sum())
    agreement = (
        f"{agreed} of {len(rows)} agree: the same network, loss and optimiser, whatever the framework."
    )
    failed = [f"{untested_words(len(rows) - tested)}."] if tested < len(rows) else []
    made = Page("Parity certificate", [agreement, *failed, *WHAT_IS_COMPARED])
    header = [*PAIR, "version", "agrees", *SHOWN.values()]
    lines = []
    for row in records(rows):
        names = [display_names.dataset(row["dataset"]), display_names.framework(row["framework"])]
        names += [row["implementation"], display_names.device(row["device"]), row["version"] or ""]
        cells = [difference(row[name]) for name in SHOWN]
        lines.append([*map(text, names), verdict(row), *cells])
    made.blocks = [Block("", header, lines)]
    return made


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows of the certificate as {column: value}."""
    return rows.to_dict("records")


def agrees(row: Mapping[str, Any]) -> bool:
    """Return whether a row of the certificate is tested and agrees; both columns are null where it failed."""
    return row["same_network"] == True and row["float32_as_expected"] == True  # noqa: E712, or null


def untested_words(count: int) -> str:
    """Return the words for pairs without first steps."""
    return f"{count} {'is' if count == 1 else 'are'} not tested, since first steps failed"


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
    untested = len(rows) - len(tested)
    words = f"{len(tested)} of {len(rows)} train the same network"
    print(f"{words}; {untested_words(untested)}" if untested else words)


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
