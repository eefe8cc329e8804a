"""Train the first steps in plain NumPy, float64: what every framework's losses are compared with.

numpy_layers.py and numpy_optimizers.py define the `matched` settings as formulas. The input is the float32
input of the frameworks and the weights are theirs, both cast to float64. Dropout layers are left out:
parity runs train without dropout.

Written are losses, float64, (steps,): the loss of each batch before its update; gradient_0, gradient_1,
...: of step 1, float64, in order and layout of the weights; epoch_loss: the mean loss of an epoch of these
batches and a smaller last one; probabilities, float64, (rows, classes): of the first test rows after that
epoch. And how far float32 may lead away: nudged_losses, (trainings, steps), nudged_epoch_loss, (trainings,),
and nudged_probabilities, (trainings, rows, classes), of the same training in float32 from weights and inputs
changed by NUDGE; nudged_gradients, (tries,), the distance of such a training's first gradients from the exact
ones.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from scripts.core import training_spec
from scripts.core.errors import UserError
from scripts.core.files import atomic, reading
from scripts.core.network import weight_shapes
from scripts.parity.numpy_layers import Running, loss_and_gradients, probabilities, relative_distance
from scripts.parity.numpy_optimizers import BEFORE, OPTIMIZERS, check_optimizer, clipped, with_l2
from scripts.training import batch_order, fold_data, initial_weights
from scripts.training.frameworks._shared import learning_rate


class Trained(NamedTuple):
    """Losses, each before its update, the gradients of step 1, weights and running values after the last."""

    losses: list[float]
    gradients: list[np.ndarray]
    weights: list[np.ndarray]
    running: Running


@np.errstate(over="ignore", invalid="ignore")  # divergence is reported below, once
def train(  # noqa: PLR0917
    network: dict,
    training: dict,
    parameters: Sequence[np.ndarray],
    batches: list[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    precision: str = "float64",
) -> Trained:
    """Train one step a batch.

    `network` and `training` as in the config, with every constant of the optimiser and of a batch_norm;
    `parameters` as core/network.py orders them; `batches` a list of arrays of row numbers of x and y.
    `precision` is that of every number: float32 shows how far its rounding alone leads away. Raises UserError
    for an unknown or missing constant, or if training diverges.
    """
    options = dict(training["optimizer"])
    check_optimizer(options)
    update, names = OPTIMIZERS[options["name"]]
    constants = {name: options[name] for name in names}
    weights = [np.asarray(weight, precision) for weight in parameters]
    states = [BEFORE] * len(weights)
    losses, first, running = [], [], {}
    for number, batch in enumerate(batches):
        inputs = x[batch].astype(precision)
        loss, gradients = loss_and_gradients(network["layers"], weights, inputs, y[batch], running)
        if not np.isfinite(loss):
            raise UserError(f"the reference's loss is {loss} in step {number + 1}: training diverged")
        losses.append(loss)
        first = first or gradients
        gradients = clipped(gradients, options.get("clip_norm"))
        gradients = with_l2(gradients, weights, options.get("l2"))
        rate = options["learning_rate"] * learning_rate.share(options, number)
        new = [
            update(weight, gradient, state, rate, **constants)
            for weight, gradient, state in zip(weights, gradients, states, strict=True)
        ]
        weights, states = [weight for weight, _ in new], [state for _, state in new]
    return Trained(losses, first, weights, running)


# ---- How far float32 may lead away ----

# Weights and inputs are changed by this share, 8 times the rounding of float32: so far apart may two
# sound computations in float32 be. Each nudge is another sample of what rounding can do.
NUDGE = 1e-6
NUDGED_TRAININGS = 3
NUDGED_GRADIENTS = 16  # step 1 alone is cheap, and a ReLU that turns in it must not be missed


def nudged(arrays: list[np.ndarray], number: int) -> list[np.ndarray]:
    """Cast to float32, and change every value by a share of NUDGE in the mean; `number` is the seed."""
    random = np.random.default_rng(number)
    return [(array * (1 + NUDGE * random.standard_normal(array.shape))).astype("float32") for array in arrays]


def train_nudged(  # noqa: PLR0917
    network: dict,
    training: dict,
    parameters: Sequence[np.ndarray],
    batches: list[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    number: int,
) -> Trained:
    """Call train() in float32 from nudged weights and inputs."""
    *parameters, x = nudged([*parameters, x], number)
    return train(network, training, parameters, batches, x, y, "float32")


# ---- Command line ----


def main() -> None:
    """Write the reference of one dataset."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--network", type=Path, required=True, metavar="FILE", help="results/networks/matched/DATASET.json"
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="of x.npy, y.npy, data.json"
    )
    parser.add_argument("--splits", type=Path, required=True, metavar="FILE", help="holdout.npz")
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE", help="of fold 0")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--processes", type=int, default=1, help="trainings side by side, one thread each")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .npz file")
    args = parser.parse_args()
    if args.steps < 1:
        raise UserError(f"--steps: {args.steps} is not 1 or more")
    spec, shape = training_spec.read_for_data(args.network, args.data)
    parameters = read_weights(args.weights, weight_shapes(spec.network["layers"], shape))
    x, y, batches = first_rows(args.data, args.splits, spec, args.steps)

    rows = test_rows(args.data, args.splits, spec).astype("float64")
    setting = (spec.network, spec.training, parameters)
    with workers(args.processes) as pool:
        exact = pool.submit(train, *setting, batches, x, y)
        trainings = [pool.submit(train_nudged, *setting, batches, x, y, n) for n in range(NUDGED_TRAININGS)]
        first_batch = (batches[:1], x, y)
        firsts = [pool.submit(train_nudged, *setting, *first_batch, n) for n in range(NUDGED_GRADIENTS)]
        found = exact.result()
        arrays = outcome(found, spec, batches, args.steps, rows)
        several = [outcome(training.result(), spec, batches, args.steps, rows) for training in trainings]
        arrays |= {f"nudged_{name}": np.stack([one[name] for one in several]) for name in arrays}
        arrays |= {f"gradient_{n}": gradient for n, gradient in enumerate(found.gradients)}
        arrays["nudged_gradients"] = np.array(
            [relative_distance(first.result().gradients, found.gradients) for first in firsts]
        )
    with atomic(args.out) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def outcome(
    found: Trained,
    spec: training_spec.TrainingSpec,
    batches: Sequence[np.ndarray],
    steps: int,
    rows: np.ndarray,
) -> dict[str, Any]:
    """Return what is compared of a training: losses of steps, mean loss of the epoch, predictions."""
    return {
        "losses": np.array(found.losses[:steps]),
        "epoch_loss": np.average(found.losses, weights=[len(batch) for batch in batches]),
        "probabilities": probabilities(spec.network["layers"], found.weights, rows, found.running),
    }


def workers(processes: int) -> Executor:
    """Start processes to train in, with one thread each; without semaphores a thread of this one does all.

    Locked-down containers have no /dev/shm to write to, on which they rest.
    """
    limit: dict[str, Any] = {"initializer": threadpool_limits, "initargs": (1,)}
    if processes > 1:
        try:
            return ProcessPoolExecutor(processes, **limit)
        except (ImportError, NotImplementedError, OSError) as error:
            print(
                f"Training in one process: this system lets none share locks (/dev/shm: {error})", flush=True
            )
    return ThreadPoolExecutor(1, **limit)


def read_weights(path: Path, expected: list[tuple[int, ...]]) -> list[np.ndarray]:
    """Read the initial weights. Raises UserError unless they have the expected shapes."""
    try:
        weights = initial_weights.read(path)
    except ValueError as error:
        raise UserError(str(error)) from None
    if [weight.shape for weight in weights] != expected:
        raise UserError(f"{path}: weights of another network: {[w.shape for w in weights]}, not {expected}")
    return weights


def test_rows(data_folder: Path, splits_file: Path, spec: training_spec.TrainingSpec) -> np.ndarray:
    """Read the first test rows of fold 0 of holdout, float32, scaled as in every framework."""
    with np.load(splits_file, allow_pickle=False) as splits:
        taken = splits["test_0"][: batch_order.PARITY_TEST_ROWS]
    x = np.load(data_folder / "x.npy", mmap_mode="r")[taken]
    return fold_data.scaled(x, spec.network["input_scale"])


def first_rows(
    data_folder: Path, splits_file: Path, spec: training_spec.TrainingSpec, steps: int
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Read the first rows of fold 0 of holdout: x (float32, scaled as in every framework), y, the batches."""
    with (
        reading(splits_file, "a file of splits", "scripts/data/splits.py makes them"),
        np.load(splits_file, allow_pickle=False) as splits,
    ):
        train_rows = splits["train_0"]
    try:
        batches = batch_order.parity_batches(spec.seed, len(train_rows), spec.training["batch_size"], steps)
    except ValueError as error:
        raise UserError(f"split.rows is too small for {spec.dataset}: {error}") from None
    taken = train_rows[np.concatenate(batches)]
    x = np.load(data_folder / "x.npy", mmap_mode="r")[taken]
    y = np.load(data_folder / "y.npy", mmap_mode="r")[taken]
    places = np.split(np.arange(len(taken)), np.cumsum([len(batch) for batch in batches])[:-1])
    return fold_data.scaled(x, spec.network["input_scale"]), y, places
