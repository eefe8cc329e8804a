"""Make the arrays of a dataset of your own, `data.own` in the config: x.npy, y.npy and data.json.

Says what was understood: rows, shape, classes, and what is worth knowing.
"""

import argparse
import json
from pathlib import Path

from scripts.data.own import source, understand
from scripts.data.prepared import write


def main() -> None:
    """Prepare the dataset that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset", help="name of the dataset in data.own")
    parser.add_argument(
        "--entry", type=json.loads, required=True, metavar="JSON", help="its entry in data.own"
    )
    parser.add_argument("--network", type=json.loads, metavar="JSON", help="its network, which must fit")
    parser.add_argument("--folds", type=int, default=10, help="number of folds of the cross-validation")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: results/data/DATASET")
    args = parser.parse_args()
    made = understand.understood(source.of_entry(args.dataset, args.entry), args.folds)
    print("\n".join(understand.described(args.dataset, made)), flush=True)
    if args.network:
        understand.check_network(args.dataset, args.network, made)
    folder = args.out or Path("results/data", args.dataset)
    write(folder, args.dataset, made.x, made.y, made.class_names, entry=args.entry)
