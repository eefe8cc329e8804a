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
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.parity.agreement import EXACT, FLOAT32, PAIR, agrees, differences, judge, spread
from scripts.parity.certificate_page import page, records, untested_words
from scripts.tables.write import write
from scripts.workflow.run_status import recorded_failures

REFERENCE = "reference"
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
