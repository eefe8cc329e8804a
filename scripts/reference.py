"""Train the first steps in plain NumPy, float64: what every framework's losses are compared with.

This file is the definition of the `matched` settings: the layers, the loss and the optimisers as
formulas. The input is the float32 input of the frameworks and the weights are theirs, both cast to
float64. Dropout layers are left out: parity runs train without dropout.

Written are losses, float64, (steps,): the loss of each batch before its update; gradient_0, gradient_1,
...: of step 1, float64, in order and layout of the weights (kernel_0, bias_0, ...); and how far float32
may lead away: nudged_losses, (trainings, steps), of the same training in float32 from weights and inputs
changed by NUDGE; nudged_gradients, (tries,), the distance of such a training's first gradients from the
exact ones.

Layers: Goodfellow, Bengio and Courville, Deep Learning, 2016, chapters 6.5 and 9. A layer's function
returns its output and the function that carries the loss's gradient backwards through it.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zipfile import BadZipFile

import cli
import numpy as np
import training_spec
from cli import UserError
from threadpoolctl import threadpool_limits
from trainer import order, rows, weights
from trainer.network import weight_shapes

# ---- Layers: x is (rows, height, width, channels) or (rows, features) ----

# Rows at a time in conv(): those of a whole batch (265 MB of columns for CIFAR-10) took half as long again.
BLOCK = 4


def conv(x, kernel, bias, padding):
    """Cross-correlation, stride 1: out[n, i, j, f] = sum over (a, b, c) of x[n, i + a, j + b, c] *
    kernel[a, b, c, f], + bias[f].

    padding `same` puts zeros around x: (kernel - 1) // 2 before and the rest after, as TensorFlow does.
    Returns the output and backward(gradient) -> (gradient of x, [of kernel, of bias]).
    """
    size, _, channels, filters = kernel.shape
    before, after = ((size - 1) // 2, size // 2) if padding == "same" else (0, 0)
    padded = np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    height, width = padded.shape[1] - size + 1, padded.shape[2] - size + 1
    matrix = kernel.reshape(-1, filters)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(x), BLOCK)]
    places = [(a, b) for a in range(size) for b in range(size)]

    def seen(images, a, b):  # by place (a, b) of the window, wherever it lies
        return images[:, a : a + height, b : b + width]

    def columns(block):  # one row for every window: convolution becomes a matrix product
        parts = [seen(padded[block], a, b) for a, b in places]
        return np.concatenate(parts, axis=3).reshape(-1, size * size * channels)

    out = np.empty((len(x), height, width, filters), x.dtype)
    for block in blocks:
        out[block] = (columns(block) @ matrix + bias).reshape(-1, height, width, filters)

    def backward(gradient):
        of_x, of_matrix = np.zeros_like(padded), np.zeros_like(matrix)
        for block in blocks:
            of_out = gradient[block].reshape(-1, filters)
            of_matrix += columns(block).T @ of_out
            of_columns = (of_out @ matrix.T).reshape(-1, height, width, len(places), channels)
            for at, (a, b) in enumerate(places):
                seen(of_x[block], a, b)[...] += of_columns[:, :, :, at]
        of_x = of_x[:, before : before + x.shape[1], before : before + x.shape[2]]
        return of_x, [of_matrix.reshape(kernel.shape), gradient.sum(axis=(0, 1, 2))]

    return out, backward


def relu(x):
    """max(x, 0); its derivative at 0 is 0."""
    return np.maximum(x, 0), lambda gradient: (gradient * (x > 0), [])


def max_pool(x, size):
    """The maximum of every size x size window; rows and columns that fill no window are dropped.

    The gradient goes to a window's first maximum, in the order of rows, then columns.
    """
    height, width = x.shape[1] // size, x.shape[2] // size

    def values(array, at):  # those at one place of all windows
        a, b = divmod(at, size)
        return array[:, a : height * size : size, b : width * size : size]

    out, first = values(x, 0).copy(), np.zeros((len(x), height, width, x.shape[3]), np.int32)
    for at in range(1, size * size):
        first[values(x, at) > out] = at
        np.maximum(out, values(x, at), out=out)

    def backward(gradient):
        of_x = np.zeros_like(x)
        for at in range(size * size):
            values(of_x, at)[...] = gradient * (first == at)
        return of_x, []

    return out, backward


def flatten(x):
    """(rows, height, width, channels) to (rows, height * width * channels), the last axis fastest."""
    return x.reshape(len(x), -1), lambda gradient: (gradient.reshape(x.shape), [])


def dense(x, kernel, bias):
    """x @ kernel + bias."""
    return x @ kernel + bias, lambda gradient: (
        gradient @ kernel.T,
        [x.T @ gradient, gradient.sum(axis=0)],
    )


def pass_forward(layers, parameters, x):
    """Logits and the backward functions of all layers, in their order.

    The last layer's softmax is part of the loss. Raises UserError for a softmax elsewhere.
    """
    parameters, steps = iter(parameters), []

    def through(pair):
        out, backward = pair
        steps.append(backward)
        return out

    for number, layer in enumerate(layers, start=1):
        kind, activation = layer["type"], layer.get("activation")
        if kind == "conv":
            x = through(conv(x, next(parameters), next(parameters), layer["padding"]))
        elif kind == "max_pool":
            x = through(max_pool(x, layer["size"]))
        elif kind == "flatten":
            x = through(flatten(x))
        elif kind == "dense":
            x = through(dense(x, next(parameters), next(parameters)))
        if activation == "relu":
            x = through(relu(x))
        elif activation == "softmax" and number != len(layers):
            raise UserError(f"layer {number} ({kind}): the reference knows softmax only in the last layer")
    return x, steps


def forward(layers, parameters, x):
    """Logits, (rows, classes): the last layer before its softmax. `layers` as in the config,
    `parameters` [kernel_0, bias_0, ...]."""
    return pass_forward(layers, parameters, x)[0]


def cross_entropy(logits, labels):
    """Mean over the rows of -log(softmax(logits)[label]), from the logits and so without clipping.

    Returns the loss and its gradient by the logits: (softmax - one hot label) / rows.
    """
    every = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_softmax)
    gradient[every, labels] -= 1
    return float(-log_softmax[every, labels].mean()), gradient / len(labels)


def loss_and_gradients(layers, parameters, x, labels):
    """Loss of one batch and its gradients by every weight, in order and layout of `parameters`."""
    logits, steps = pass_forward(layers, parameters, x)
    loss, gradient = cross_entropy(logits, labels)
    found = []
    for backward in reversed(steps):
        gradient, of_weights = backward(gradient)
        found = of_weights + found
    return loss, found


# ---- Optimisers: (weight, its gradient, its state, learning rate, constants) -> (weight, state) ----
# A state begins as zeros.


def adadelta(weight, gradient, state, rate, *, rho, epsilon):
    """Zeiler, ADADELTA: an adaptive learning rate method, arXiv:1212.5701, algorithm 1, with a
    learning rate (the paper has none: 1); epsilon stands inside both roots.

    a = rho a + (1 - rho) g^2;  d = g sqrt(u + epsilon) / sqrt(a + epsilon);
    u = rho u + (1 - rho) d^2;  w = w - rate d
    """
    a, u = state
    a = rho * a + (1 - rho) * gradient**2
    change = gradient * np.sqrt(u + epsilon) / np.sqrt(a + epsilon)
    u = rho * u + (1 - rho) * change**2
    return weight - rate * change, (a, u)


def rmsprop(weight, gradient, state, rate, *, rho, epsilon):
    """Hinton, Neural networks for machine learning, lecture 6e, 2012; epsilon stands outside the root,
    as in PyTorch and Keras 2.

    a = rho a + (1 - rho) g^2;  w = w - rate g / (sqrt(a) + epsilon)
    """
    a = rho * state[0] + (1 - rho) * gradient**2
    return weight - rate * gradient / (np.sqrt(a) + epsilon), (a, state[1])


def sgd(weight, gradient, state, rate, *, momentum, nesterov):
    """Gradient descent with momentum: Sutskever et al., On the importance of initialization and
    momentum in deep learning, ICML 2013; Nesterov's in the form of Keras, which keeps the weights of
    the look-ahead point (Bengio et al., arXiv:1212.0901, section 3.5).

    v = momentum v - rate g;  w = w + v, with nesterov w = w + momentum v - rate g
    """
    v = momentum * state[0] - rate * gradient
    return weight + (momentum * v - rate * gradient if nesterov else v), (v, state[1])


# name in the config: the function and the constants that it needs beside learning_rate and decay
OPTIMIZERS = {
    "adadelta": (adadelta, {"rho", "epsilon"}),
    "rmsprop": (rmsprop, {"rho", "epsilon"}),
    "sgd": (sgd, {"momentum", "nesterov"}),
}


def learning_rate(options, update):
    """Inverse time decay: of updates 0, 1, ..., learning_rate / (1 + decay * update), as in Keras 2."""
    return options["learning_rate"] / (1 + options["decay"] * update)


def check_optimizer(options):
    """Raise UserError unless `options` names a known optimiser and each of its constants, and no other."""
    if options["name"] not in OPTIMIZERS:
        raise UserError(f"optimizer.name: {options['name']!r} is not one of {', '.join(OPTIMIZERS)}")
    expected = {"name", "learning_rate", "decay"} | OPTIMIZERS[options["name"]][1]
    for key in sorted(expected - set(options)):
        raise UserError(
            f"optimizer.{key} of {options['name']} is missing: matched settings name every constant"
        )
    for key in sorted(set(options) - expected):
        raise UserError(f"optimizer.{key}: the reference's {options['name']} knows no such constant")


# ---- Training ----


@np.errstate(over="ignore", invalid="ignore")  # divergence is told below, once
def train(network, training, parameters, batches, x, y, precision="float64"):  # noqa: PLR0917
    """Train one step a batch. Returns the losses, each before its update, and the gradients of step 1.

    `network` and `training` as in the config, with every constant of the optimiser; `parameters`
    [kernel_0, bias_0, ...]; `batches` a list of arrays of row numbers of x and y. `precision` is that
    of every number: float32 shows how far its rounding alone leads away. Raises UserError for an
    unknown or missing constant, or if training diverges.
    """
    options = dict(training["optimizer"])
    check_optimizer(options)
    update, names = OPTIMIZERS[options["name"]]
    constants = {name: options[name] for name in names}
    parameters = [np.asarray(weight, precision) for weight in parameters]
    states = [(0.0, 0.0)] * len(parameters)
    losses, first = [], None
    for number, batch in enumerate(batches):
        inputs = x[batch].astype(precision)
        loss, gradients = loss_and_gradients(network["layers"], parameters, inputs, y[batch])
        if not np.isfinite(loss):
            raise UserError(f"the reference's loss is {loss} in step {number + 1}: training diverged")
        losses.append(loss)
        first = first or gradients
        rate = learning_rate(options, number)
        new = [
            update(weight, gradient, state, rate, **constants)
            for weight, gradient, state in zip(parameters, gradients, states, strict=True)
        ]
        parameters, states = [weight for weight, _ in new], [state for _, state in new]
    return losses, first


# ---- How far float32 may lead away ----

# Weights and inputs are changed by this share, 8 times the rounding of float32: so far apart may two
# sound computations in float32 be. Each nudge is another sample of what rounding can do.
NUDGE = 1e-6
NUDGED_TRAININGS = 3
NUDGED_GRADIENTS = 16  # step 1 alone is cheap, and a ReLU that turns in it must not be missed


def nudged(arrays, number):
    """`arrays` in float32, every value changed by a share of NUDGE in the mean; `number` is the seed."""
    random = np.random.default_rng(number)
    return [(array * (1 + NUDGE * random.standard_normal(array.shape))).astype("float32") for array in arrays]


def train_nudged(network, training, parameters, batches, x, y, number):  # noqa: PLR0917
    """train() in float32 from nudged weights and inputs."""
    *parameters, x = nudged([*parameters, x], number)
    return train(network, training, parameters, batches, x, y, "float32")


# ---- Command line ----


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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

    setting = (spec.network, spec.training, parameters)
    with ProcessPoolExecutor(args.processes, initializer=threadpool_limits, initargs=(1,)) as pool:
        exact = pool.submit(train, *setting, batches, x, y)
        trainings = [pool.submit(train_nudged, *setting, batches, x, y, n) for n in range(NUDGED_TRAININGS)]
        one = (batches[:1], x, y)
        firsts = [pool.submit(train_nudged, *setting, *one, n) for n in range(NUDGED_GRADIENTS)]
        losses, gradients = exact.result()
        arrays = {f"gradient_{number}": gradient for number, gradient in enumerate(gradients)}
        arrays["nudged_losses"] = np.array([training.result()[0] for training in trainings])
        arrays["nudged_gradients"] = np.array([distance(first.result()[1], gradients) for first in firsts])
    with cli.atomic(args.out) as temporary, temporary.open("wb") as file:
        np.savez(file, losses=np.array(losses), **arrays)


def distance(gradients, reference):
    """The largest relative difference of any weight's gradient: norm of the difference over its norm."""
    return max(
        np.linalg.norm(found - exact) / np.linalg.norm(exact)
        for found, exact in zip(gradients, reference, strict=True)
    )


def read_weights(path, expected):
    """The initial weights. Raises UserError unless they have the expected shapes."""
    try:
        found = weights.read(path)
    except ValueError as error:
        raise UserError(str(error)) from None
    if [weight.shape for weight in found] != expected:
        raise UserError(f"{path}: weights of another network: {[w.shape for w in found]}, not {expected}")
    return found


def first_rows(data_folder, splits_file, spec, steps):
    """x (float32, scaled as in every framework), y, and the batches: fold 0 of holdout, its first rows."""
    try:
        with np.load(splits_file, allow_pickle=False) as splits:
            train_rows = splits["train_0"]
    except (ValueError, EOFError, KeyError, TypeError, BadZipFile):
        raise UserError(f"{splits_file}: not a file of splits; scripts/split.py makes them") from None
    try:
        batches = order.parity_batches(spec.seed, len(train_rows), spec.training["batch_size"], steps)
    except ValueError as error:
        raise UserError(f"split.rows is too small for {spec.dataset}: {error}") from None
    taken = train_rows[np.concatenate(batches)]
    x = np.load(data_folder / "x.npy", mmap_mode="r")[taken]
    y = np.load(data_folder / "y.npy", mmap_mode="r")[taken]
    places = np.arange(len(taken)).reshape(len(batches), -1)
    return rows.scaled(x, spec.network["input_scale"]), y, list(places)


if __name__ == "__main__":
    cli.run(main)
