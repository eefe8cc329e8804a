"""Draw the initial weights of one dataset and fold, which `matched` settings give to every framework.

Kernels are drawn as `matched.initializer` says, biases and shifts are zero, scales one. Glorot uniform is
what Keras, and so the published study, does. The file is described in scripts/training/initial_weights.py.
Same seed and fold, same bytes.
"""

import argparse
from math import sqrt
from pathlib import Path
from typing import Any, Dict, List, Tuple

from scripts.core import training_spec
from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.network import Layers, Shape, weights
from scripts.training import initial_weights
from scripts.training.fold_data import Array


def main() -> None:
    """Draw and write the weights that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
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
    name = spec.network.get("initializer", training_spec.INITIALIZER)
    write(args.out, draw(spec.network["layers"], shape, spec.seed, args.fold, name))


# The variance of a kernel is scale / fan, where the fan is that of its inputs or the mean of both.
INITIALIZERS: Dict[str, Tuple[float, str, str]] = {
    "glorot_uniform": (1.0, "mean", "uniform"),
    "glorot_normal": (1.0, "mean", "normal"),
    "he_uniform": (2.0, "in", "uniform"),
    "he_normal": (2.0, "in", "normal"),
    "lecun_uniform": (1.0, "in", "uniform"),
    "lecun_normal": (1.0, "in", "normal"),
}


def draw(
    layers: Layers, input_shape: Shape, seed: int, fold: int, name: str = training_spec.INITIALIZER
) -> List[Array]:
    """Draw all weights: float32, canonical layout, in the order of core/network.py.

    The fans of a dense kernel are its two sides; those of a convolution its height * width times its channels
    in, and its filters. Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, AISTATS 2010, equation 16; He et al., arXiv:1502.01852, equation 10; LeCun et al., Efficient
    backprop, 1998, equation 16. Normal distributions are not truncated.
    """
    import numpy as np

    scale, of, shape_of = INITIALIZERS[name]
    # The legacy generator, for the reason in training/batch_order.py.
    random = np.random.RandomState([seed, fold])
    arrays = []
    for weight in weights(layers, input_shape):
        if weight.kind != "kernel":
            arrays.append(np.full(weight.shape, weight.start, np.float32))
            continue
        *window, channels, filters = weight.shape
        fan = np.prod(window) * (channels if of == "in" else (channels + filters) / 2)
        if shape_of == "uniform":
            limit = sqrt(3 * scale / fan)
            array = random.uniform(-limit, limit, weight.shape)
        else:
            array = random.normal(0, sqrt(scale / fan), weight.shape)
        arrays.append(array.astype(np.float32))
    return arrays


def write(path: Path, arrays: List[Array]) -> None:
    """Write the file that initial_weights.read() reads.

    np.savez stamps every array 1980-01-01, so that the same arrays give the same bytes.
    """
    import numpy as np

    named: Dict[str, Any] = dict(zip(initial_weights.names(len(arrays)), arrays))
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **named)
