"""Draw the initial weights of one dataset and fold, which `matched` settings give to every framework.

Kernels are Glorot uniform, biases zero: what Keras, and so the published study, does. Glorot and
Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010,
equation 16. The file is described in scripts/training/initial_weights.py. Same seed and fold, same bytes.
"""

import argparse
from math import prod, sqrt
from pathlib import Path

from scripts.core import training_spec
from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.network import weight_shapes
from scripts.training import initial_weights


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--network", type=Path, required=True, metavar="FILE", help="results/networks/matched/DATASET.json"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="of data.json")
    parser.add_argument("--fold", type=int, default=0, help="0 for holdout")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .npz file")
    args = parser.parse_args()
    if args.fold < 0:
        raise UserError(f"--fold: {args.fold} is not 0 or more")
    spec, shape = training_spec.read_for_data(args.network, args.data)
    write(args.out, draw(spec.network["layers"], shape, spec.seed, args.fold))


def draw(layers, input_shape, seed, fold):
    """[kernel_0, bias_0, kernel_1, ...]: float32, canonical layout, drawn in this order.

    Kernels are uniform in +-sqrt(6 / (fan_in + fan_out)). The fans of a dense kernel are its two
    sides; those of a convolution its height * width times its channels in, and its filters.
    """
    import numpy as np

    # The legacy generator, for the reason in training/batch_order.py.
    random = np.random.RandomState([seed, fold])
    found = []
    for shape in weight_shapes(layers, input_shape):
        if len(shape) == 1:
            found.append(np.zeros(shape, np.float32))
        else:
            *window, channels, filters = shape
            limit = sqrt(6 / (prod(window) * (channels + filters)))
            found.append(random.uniform(-limit, limit, shape).astype(np.float32))
    return found


def write(path, arrays):
    """Write what initial_weights.read() reads. np.savez stamps every array 1980-01-01: no time of today."""
    import numpy as np

    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **dict(zip(initial_weights.names(len(arrays)), arrays)))
