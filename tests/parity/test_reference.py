"""The float64 reference of the parity certificate, the initial weights and the batch order."""

import json
import os
import subprocess
import sys
import warnings
import zipfile
from math import log, sqrt
from typing import get_args

import numpy as np
import pytest
import yaml
from paths import ENVIRONMENTS, ROOT

from scripts.core import errors, training_spec
from scripts.core.network import count_parameters, weight_shapes
from scripts.parity import numpy_activations, numpy_layers, numpy_optimizers, reference
from scripts.training import batch_order, initial_weights
from scripts.training import draw_weights as initialise
from scripts.training.fold_data import load
from scripts.training.frameworks._shared import learning_rate
from scripts.workflow.config import of_networks

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SHAPES = {"digits": (8, 8, 1), "letter": (16,)}

# Every layer type; the pool drops a row and a column of its 5 x 5 input.
LAYERS = [
    {"type": "conv", "filters": 3, "kernel": 3, "padding": "same", "activation": "relu"},
    {"type": "conv", "filters": 4, "kernel": 2, "padding": "valid", "activation": "relu"},
    {"type": "max_pool", "size": 2},
    {"type": "dropout", "rate": 0.25},
    {"type": "conv", "filters": 2, "kernel": 2, "padding": "same", "activation": "relu"},
    {"type": "flatten"},
    {"type": "dense", "units": 6, "activation": "relu"},
    {"type": "dense", "units": 3, "activation": "softmax"},
]
SHAPE, CLASSES = (6, 6, 2), 3
# What those leave out: larger steps, windows that lie over each other, means, no biases.
OTHER_LAYERS = [
    {
        "type": "conv",
        "filters": 3,
        "kernel": 3,
        "padding": "same",
        "strides": 2,
        "bias": False,
        "activation": "linear",
    },
    {"type": "max_pool", "size": 2, "strides": 1},
    {"type": "batch_norm", "momentum": 0.9, "epsilon": 0.1},
    {"type": "activation", "activation": "tanh"},
    {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "bias": False, "activation": "relu"},
    {"type": "avg_pool", "size": 2, "strides": 1},
    {"type": "global_avg_pool"},
    {"type": "dense", "units": 4, "activation": "linear", "bias": False},
    {"type": "batch_norm", "momentum": 0.9, "epsilon": 0.1},
    {"type": "dense", "units": 3, "activation": "softmax"},
]
ADAM = {"learning_rate": 0.02, "decay": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-5}
OPTIMIZERS = {
    "adam": ADAM,
    "adamw": {**ADAM, "weight_decay": 0.1},
    "nadam": {**ADAM, "momentum_decay": 0.3},
    "adagrad": {"learning_rate": 0.05, "decay": 0.01, "epsilon": 1e-5},
    "adadelta": {"learning_rate": 0.7, "decay": 0.01, "rho": 0.9, "epsilon": 1e-5},
    "rmsprop": {"learning_rate": 0.01, "decay": 0.01, "rho": 0.8, "epsilon": 1e-5},
    "sgd": {"learning_rate": 0.05, "decay": 0.0, "momentum": 0.9, "nesterov": True},
}


def made_up(count=5, shape=SHAPE, layers=LAYERS, seed=0):
    """Weights with biases other than zero, x and labels: float64."""
    random = np.random.RandomState(seed)
    parameters = [random.normal(0, 0.5, size) for size in weight_shapes(layers, shape)]
    return parameters, random.normal(0, 1, (count, *shape)), random.randint(0, CLASSES, count)


# ---- Layers and loss ----


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_conv_is_the_sum_of_its_definition(padding, size):
    random = np.random.RandomState(1)
    x, kernel, bias = random.rand(5, 5, 6, 2), random.rand(size, size, 2, 3), random.rand(3)
    before = (size - 1) // 2 if padding == "same" else 0
    height, width = (5, 6) if padding == "same" else (6 - size, 7 - size)
    expected = np.zeros((5, height, width, 3))
    for n, i, j, f in np.ndindex(*expected.shape):
        expected[n, i, j, f] = bias[f]
        for a, b, c in np.ndindex(size, size, 2):
            row, column = i + a - before, j + b - before
            if 0 <= row < 5 and 0 <= column < 6:
                expected[n, i, j, f] += x[n, row, column, c] * kernel[a, b, c, f]
    out, _ = numpy_layers.conv(x, kernel, bias, padding)
    np.testing.assert_allclose(out, expected, rtol=1e-13)


def test_windows_of_larger_steps_are_some_of_all():
    random = np.random.RandomState(1)
    x, kernel, bias = random.rand(3, 8, 9, 2), random.rand(3, 3, 2, 4), random.rand(4)
    for padding in ("same", "valid"):
        every, _ = numpy_layers.conv(x, kernel, bias, padding)
        for step in (2, 3):
            found, _ = numpy_layers.conv(x, kernel, bias, padding, step)
            np.testing.assert_allclose(found, every[:, ::step, ::step], rtol=1e-13)
    without, _ = numpy_layers.conv(x, kernel, None, "valid")
    np.testing.assert_allclose(without + bias, numpy_layers.conv(x, kernel, bias, "valid")[0], rtol=1e-13)


def test_pools_of_overlapping_windows_by_hand():
    x = np.array([[1.0, 5, 2], [4, 3, 0], [7, 7, 1]])[None, :, :, None]
    out, backward = numpy_layers.max_pool(x, 2, 1)
    assert out[0, :, :, 0].tolist() == [[5, 5], [7, 7]]
    of_x, _ = backward(np.array([[1.0, 2], [4, 8]])[None, :, :, None])
    assert of_x[0, :, :, 0].tolist() == [[0, 3, 0], [0, 0, 0], [4, 8, 0]]
    out, backward = numpy_layers.avg_pool(x, 2, 1)
    assert out[0, :, :, 0].tolist() == [[3.25, 2.5], [5.25, 2.75]]
    of_x, _ = backward(np.array([[4.0, 8], [16, 32]])[None, :, :, None])
    assert of_x[0, :, :, 0].tolist() == [[1, 3, 2], [5, 15, 10], [4, 12, 8]]
    out, backward = numpy_layers.global_avg_pool(x)
    assert out.tolist() == [[pytest.approx(30 / 9)]]
    assert backward(np.array([[9.0]]))[0].tolist() == np.ones((1, 3, 3, 1)).tolist()


def test_batch_norm_and_its_running_values_by_hand():
    x = np.array([[1.0, 2], [3, 6]])
    out, _ = numpy_layers.batch_norm(x, np.array([2.0, 1]), np.array([0.5, -1]), 1.0)
    np.testing.assert_allclose(out, [[0.5 - sqrt(2), -1 - 2 / sqrt(5)], [0.5 + sqrt(2), -1 + 2 / sqrt(5)]])
    running = {}
    numpy_layers.run_on(running, 1, x, 0.75)
    assert [part.tolist() for part in running[1]] == [[0.5, 1], [1, 1.75]]
    numpy_layers.run_on(running, 1, x, 0.75)
    assert running[1][0].tolist() == [0.875, 1.75]


def test_predictions_take_the_running_values():
    layers = [
        {"type": "batch_norm", "momentum": 0.5, "epsilon": 0.5},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ]
    weights = [np.array([2.0]), np.array([1.0]), np.array([[1.0, -1.0]]), np.zeros(2)]
    found = numpy_layers.probabilities(layers, weights, np.array([[3.0]]), {1: (np.ones(1), np.full(1, 3.5))})
    logit = 2 * (3 - 1) / 2 + 1
    assert found.tolist() == [
        [pytest.approx(1 / (1 + np.exp(-2 * logit))), pytest.approx(1 / (1 + np.exp(2 * logit)))]
    ]


def test_a_gradient_that_is_zero_but_for_rounding_is_compared_with_the_largest():
    exact = [np.array([3.0, 4.0]), np.array([1e-17])]
    assert numpy_layers.relative_distance([exact[0], np.array([-2e-17])], exact) < 1e-13
    assert numpy_layers.relative_distance([exact[0], np.array([1e-3])], exact) > 0.1


@pytest.mark.parametrize("layers", [LAYERS, OTHER_LAYERS])
def test_gradients_are_central_differences(layers):
    parameters, x, labels = made_up(layers=layers)
    _, gradients = numpy_layers.loss_and_gradients(layers, parameters, x, labels)
    step = 1e-6
    for weight, gradient in zip(parameters, gradients, strict=True):
        assert gradient.shape == weight.shape
        differences = np.empty_like(weight)
        for at in np.ndindex(*weight.shape):
            value, around = weight[at], []
            for moved in (value + step, value - step):
                weight[at] = moved
                around.append(numpy_layers.loss_and_gradients(layers, parameters, x, labels)[0])
            weight[at] = value
            differences[at] = (around[0] - around[1]) / (2 * step)
        assert np.abs(gradient).max() > 1e-3, "a gradient that is zero proves nothing"
        np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)


def test_max_pool_gives_the_gradient_to_the_first_maximum():
    image = np.array([[1, 7, 0, 0, 9], [7, 7, 0, 0, 9], [2, 2, -5, -4, 9], [3, 3, -4, -9, 9], [9] * 5])
    x = image[None, :, :, None].astype(float)
    out, backward = numpy_layers.max_pool(x, 2, 2)
    assert out[0, :, :, 0].tolist() == [[7, 0], [3, -4]]
    of_x, _ = backward(np.array([[1.0, 2.0], [3.0, 4.0]])[None, :, :, None])
    expected = [[0, 1, 2, 0, 0], [0] * 5, [0, 0, 0, 4, 0], [3, 0, 0, 0, 0], [0] * 5]
    assert of_x[0, :, :, 0].tolist() == expected


def test_relu_has_no_slope_at_zero():
    out, backward = numpy_activations.relu(np.array([-1.0, 0.0, 2.0]))
    assert out.tolist() == [0, 0, 2] and backward(np.ones(3))[0].tolist() == [0, 0, 1]


def test_flatten_goes_by_rows_columns_channels():
    x = np.arange(2 * 2 * 3 * 4).reshape(2, 2, 3, 4)
    out, backward = numpy_layers.flatten(x)
    assert out[0].tolist() == list(range(24)) and np.array_equal(backward(out)[0], x)


def test_cross_entropy_by_hand_and_without_clipping():
    loss, gradient = numpy_layers.cross_entropy(np.log([[1.0, 3.0], [4.0, 4.0]]), np.array([1, 0]))
    assert loss == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2, rel=1e-14)
    np.testing.assert_allclose(gradient, [[0.125, -0.125], [-0.25, 0.25]], rtol=1e-14)
    loss, gradient = numpy_layers.cross_entropy(np.array([[0.0, 1000.0]]), np.array([0]))
    assert loss == 1000 and gradient.tolist() == [[-1, 1]]


def test_forward_gives_logits():
    parameters, x, labels = made_up()
    logits = numpy_layers.forward(LAYERS, parameters, x)
    assert logits.shape == (5, CLASSES)
    loss, _ = numpy_layers.loss_and_gradients(LAYERS, parameters, x, labels)
    assert numpy_layers.cross_entropy(logits, labels)[0] == loss


def test_a_softmax_in_the_middle_is_refused():
    layers = [{"type": "dense", "units": 2, "activation": "softmax"}] * 2
    parameters = [np.ones((2, 2)), np.zeros(2)] * 2
    with pytest.raises(errors.UserError, match=r"layer 1 \(dense\): .* softmax only in the last layer"):
        numpy_layers.forward(layers, parameters, np.ones((1, 2)))


# ---- Optimisers: two steps from w = 1 by hand, gradients 2 and -1, rates 0.5 and 0.25 ----


def two_steps(update, **constants):
    weight, state, found = 1.0, numpy_optimizers.BEFORE, []
    for gradient, rate in ((2.0, 0.5), (-1.0, 0.25)):
        weight, state = update(weight, gradient, state, rate, **constants)
        found.append(weight)
    return found


def test_adadelta_by_hand():
    # a: 2, 1.5; u: 0, then (d1^2) / 2; d = g sqrt(u + 1) / sqrt(a + 1)
    first, second = 2 / sqrt(3), -sqrt(4 / 3 / 2 + 1) / sqrt(2.5)
    found = two_steps(numpy_optimizers.adadelta, rho=0.5, epsilon=1)
    assert found == pytest.approx([1 - first / 2, 1 - first / 2 - second / 4], rel=1e-14)


def test_rmsprop_by_hand():
    # a: 3, 1.5; epsilon outside the root
    first, second = 0.5 * 2 / (sqrt(3) + 1), 0.25 * -1 / (sqrt(1.5) + 1)
    found = two_steps(numpy_optimizers.rmsprop, rho=0.25, epsilon=1)
    assert found == pytest.approx([1 - first, 1 - first - second], rel=1e-14)


def test_sgd_by_hand():
    # v: -1, then -0.5 + 0.25
    assert two_steps(numpy_optimizers.sgd, momentum=0.5, nesterov=False) == [0, -0.25]
    # w: 1 - 0.5 - 1, then -0.5 + 0.5 * -0.25 + 0.25
    assert two_steps(numpy_optimizers.sgd, momentum=0.5, nesterov=True) == [-0.5, -0.375]
    assert two_steps(numpy_optimizers.sgd, momentum=0.0, nesterov=False) == [0, 0.25]


def test_adam_by_hand():
    # m: 1, 0 (corrected 2, 0); v: 1, 1 (corrected 4, 16 / 7); the second step is the decay alone
    first = 0.5 * 2 / (2 + 1)
    found = two_steps(numpy_optimizers.adam, beta_1=0.5, beta_2=0.75, epsilon=1)
    assert found == pytest.approx([1 - first, 1 - first], rel=1e-14)
    found = two_steps(numpy_optimizers.adam, beta_1=0.5, beta_2=0.75, epsilon=1, weight_decay=0.5)
    decayed = 1 - first - 0.25
    assert found == pytest.approx([decayed, decayed - 0.125 * decayed], rel=1e-14)


def test_nadam_by_hand():
    # mu: 3 / 8, 7 / 16; the product of both is 21 / 128; means and roots as above
    of_mean, of_gradients = 7 / 16 / (107 / 128), ((1 - 3 / 8) / (1 - 3 / 8), (1 - 7 / 16) / (107 / 128))
    first = 0.5 * (of_mean * 1 + of_gradients[0] * 2) / (2 + 1)
    second = 0.25 * (of_gradients[1] * -1) / (sqrt(16 / 7) + 1)
    halves = log(0.5) / log(0.96)
    found = two_steps(numpy_optimizers.nadam, beta_1=0.5, beta_2=0.75, epsilon=1, momentum_decay=halves)
    assert found == pytest.approx([1 - first, 1 - first - second], rel=1e-14)


def test_momenta_of_nadam_in_plain_numbers_are_those_of_the_reference():
    """In any order of steps; the reference's factors are read from steps whose mean, or gradient, is 1."""
    constants = {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-9, "momentum_decay": 0.3}
    momenta, gone = learning_rate.Momenta(0.8, 0.3), 0.0
    found = {step: momenta.factors(step) for step in (5, 1, 3, 2, 4)}
    for step in range(1, 6):
        of_mean, of_gradient = found[step]
        weight, (mean, square, _, gone) = numpy_optimizers.nadam(
            0.0, 2.0, (0.5, 3.0, step - 1, gone), 1.0, **constants
        )
        root = sqrt(square / (1 - 0.9**step)) + 1e-9
        assert weight == pytest.approx(-(of_mean * mean + of_gradient * 2) / root, rel=1e-12)


def test_adagrad_by_hand():
    # a: 4, 5
    second = 0.25 * -1 / (sqrt(5) + 1)
    found = two_steps(numpy_optimizers.adagrad, epsilon=1)
    assert found == pytest.approx([1 - 1 / 3, 1 - 1 / 3 - second], rel=1e-14)


def test_the_learning_rate_decays_with_every_update():
    options = {"learning_rate": 0.5, "decay": 0.25}
    assert [0.5 * learning_rate.share(options, n) for n in (0, 1, 4)] == [0.5, 0.4, 0.25]


def test_schedules_and_warm_up_by_hand():
    cosine = {"schedule": {"type": "cosine", "updates": 4, "final": 0.2}}
    expected = [1, 0.2 + 0.4 * (1 + sqrt(0.5)), 0.6, 0.2 + 0.4 * (1 - sqrt(0.5)), 0.2, 0.2]
    assert [learning_rate.share(cosine, n) for n in range(6)] == pytest.approx(expected, rel=1e-14)
    step = {"schedule": {"type": "step", "updates": 2, "factor": 0.5}}
    assert [learning_rate.share(step, n) for n in range(6)] == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert [learning_rate.share({"warm_up": 4}, n) for n in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    together = {"decay": 1.0, "warm_up": 2, **step}
    assert [learning_rate.share(together, n) for n in range(3)] == [0.5, 0.5, 0.5 / 3]
    assert learning_rate.share({"schedule": {"type": "cosine", "updates": 4}}, 4) == learning_rate.FINAL
    assert not learning_rate.changes({"learning_rate": 1, "decay": 0.0, "clip_norm": 1})


def test_gradients_are_scaled_down_together():
    gradients = [np.array([3.0, 0]), np.array([[4.0]])]
    assert numpy_optimizers.clipped(gradients, 5) is gradients
    first, second = numpy_optimizers.clipped(gradients, 1)
    np.testing.assert_allclose(first, [0.6, 0], rtol=1e-15)
    np.testing.assert_allclose(second, [[0.8]], rtol=1e-15)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "lion"}, r"optimizer\.name: 'lion' is not one of adadelta, rmsprop, sgd, adam"),
        (
            {"name": "sgd", "learning_rate": 1, "momentum": 0, "nesterov": True},
            r"optimizer\.decay of sgd is mis",
        ),
        (
            {"name": "rmsprop", "learning_rate": 1, "decay": 0, "rho": 0.9},
            r"optimizer\.epsilon of rmsprop is mis",
        ),
        (
            {"name": "rmsprop", **OPTIMIZERS["rmsprop"], "momentum": 0},
            r"optimizer\.momentum: .* no such constant",
        ),
    ],
)
def test_every_constant_must_be_named(options, message):
    with pytest.raises(errors.UserError, match=message):
        reference.train({"layers": LAYERS}, {"optimizer": options}, [], [], None, None)


# ---- Training ----


def run_training(name, changes=(), steps=4):
    parameters, x, labels = made_up(20)
    options = {"name": name, **OPTIMIZERS[name], **dict(changes)}
    batches = list(np.random.RandomState(3).permutation(20).reshape(4, 5))[:steps]
    return reference.train({"layers": LAYERS}, {"optimizer": options}, parameters, batches, x, labels)


def test_losses_are_those_before_the_update():
    parameters, x, labels = made_up(20)
    batch = np.random.RandomState(3).permutation(20)[:5]
    loss, gradients = numpy_layers.loss_and_gradients(LAYERS, parameters, x[batch], labels[batch])
    losses, of_step_1, *_ = run_training("sgd")
    assert len(losses) == 4 and losses[0] == loss
    for found, expected in zip(of_step_1, gradients, strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("adadelta", {"epsilon": 1e-6}),
        ("adadelta", {"rho": 0.95}),
        ("rmsprop", {"decay": 0.0}),
        ("rmsprop", {"epsilon": 1e-4}),
        ("sgd", {"nesterov": False}),
        ("sgd", {"momentum": 0.8}),
        ("adam", {"beta_1": 0.81}),
        ("adam", {"beta_2": 0.91}),
        ("adam", {"epsilon": 1e-4}),
        ("adamw", {"weight_decay": 0.11}),
        ("nadam", {"momentum_decay": 0.31}),
        ("adagrad", {"epsilon": 1e-3}),
        ("sgd", {"clip_norm": 0.01}),
        ("sgd", {"warm_up": 3}),
        ("adam", {"schedule": {"type": "step", "updates": 1, "factor": 0.9}}),
    ],
)
def test_every_constant_counts(name, change):
    right, wrong = run_training(name)[0], run_training(name, change)[0]
    assert right[0] == wrong[0] and abs(right[-1] / wrong[-1] - 1) > 1e-5


def test_diverged_training_is_told():
    with (
        warnings.catch_warnings(action="error"),
        pytest.raises(errors.UserError, match="in step 2: training diverged"),
    ):
        run_training("sgd", {"learning_rate": 1e300})


# ---- Against PyTorch ----

IN_PYTORCH = """
import json
import sys
import numpy as np
import torch
from torch.nn.functional import conv2d, cross_entropy, max_pool2d, pad, relu

arrays = dict(np.load(sys.argv[1]))
x, labels = torch.tensor(arrays["x"]).permute(0, 3, 1, 2), torch.tensor(arrays["labels"])
classes = {"adadelta": torch.optim.Adadelta, "rmsprop": torch.optim.RMSprop, "sgd": torch.optim.SGD}
classes.update({"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "adagrad": torch.optim.Adagrad})
classes["nadam"] = torch.optim.NAdam
torch.set_default_dtype(torch.float64)  # which is that of NAdam's product

def loss_of(weights, x, labels):
    kernels = [k.permute(3, 2, 0, 1) if k.ndim == 4 else k for k in weights[0::2]]
    biases = weights[1::2]
    x = relu(conv2d(x, kernels[0], biases[0], padding="same"))
    x = max_pool2d(relu(conv2d(x, kernels[1], biases[1])), 2)
    x = relu(conv2d(pad(x, (0, 1, 0, 1)), kernels[2], biases[2]))
    x = relu(x.permute(0, 2, 3, 1).flatten(1) @ kernels[3] + biases[3])
    return cross_entropy(x @ kernels[4] + biases[4], labels)

def train(name, learning_rate, decay, epsilon=None, rho=None, beta_1=None, beta_2=None, **options):
    if epsilon:
        options["eps"] = epsilon
    if rho:
        options["alpha" if name == "rmsprop" else "rho"] = rho
    if beta_1:
        options["betas"] = (beta_1, beta_2)
    weights = [torch.tensor(arrays[f"weight_{n}"], requires_grad=True) for n in range(10)]
    optimizer = classes[name](weights, lr=learning_rate, **options)
    losses = []
    for number, batch in enumerate(arrays["batches"]):
        optimizer.param_groups[0]["lr"] = learning_rate / (1 + decay * number)
        optimizer.zero_grad()
        loss = loss_of(weights, x[batch], labels[batch])
        assert loss.dtype == torch.float64
        loss.backward()
        if number == 0:
            gradients = {f"{name} {n}": weight.grad.numpy().copy() for n, weight in enumerate(weights)}
        optimizer.step()
        losses.append(loss.item())
    return {f"{name} losses": losses, **gradients}

found = {}
for name, options in json.loads(sys.argv[3]).items():
    found.update(train(name, **options))
np.savez(sys.argv[2], **found)
"""


@pytest.fixture(scope="module")
def python_of(request):
    """python_of(framework): the interpreter of its environment, which is built where missing."""

    def find(name):
        if not (ENVIRONMENTS / name / "bin" / "python").exists():
            request.getfixturevalue("environments")
        return ENVIRONMENTS / name / "bin" / "python"

    return find


@pytest.mark.slow
def test_equal_to_pytorch_in_float64(python_of, tmp_path):
    parameters, x, labels = made_up(40)
    batches = np.random.RandomState(3).permutation(40).reshape(5, 8)
    arrays = {f"weight_{number}": weight for number, weight in enumerate(parameters)}
    np.savez(tmp_path / "in.npz", x=x, labels=labels, batches=batches, **arrays)
    files = [tmp_path / "in.npz", tmp_path / "out.npz"]
    command = [python_of("pytorch"), "-c", IN_PYTORCH, *files, json.dumps(OPTIMIZERS)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = np.load(tmp_path / "out.npz")
    for name, options in OPTIMIZERS.items():
        training = {"optimizer": {"name": name, **options}}
        losses, gradients, *_ = reference.train(
            {"layers": LAYERS}, training, parameters, list(batches), x, labels
        )
        np.testing.assert_allclose(losses, theirs[f"{name} losses"], rtol=1e-10)
        for number, gradient in enumerate(gradients):
            np.testing.assert_allclose(gradient, theirs[f"{name} {number}"], rtol=1e-10, atol=1e-13)


# ---- Batch order ----

FROZEN = {  # (seed, fold, epoch): the order of 10 rows
    (2020, 0, 0): [8, 3, 4, 7, 0, 2, 9, 6, 5, 1],
    (2020, 0, 1): [9, 1, 3, 6, 8, 2, 5, 0, 4, 7],
    (2020, 3, 0): [3, 5, 2, 9, 8, 0, 6, 1, 4, 7],
}


@pytest.mark.parametrize("key", FROZEN)
def test_the_order_is_frozen(key):
    found = batch_order.epoch_order(*key, 10)
    assert found.dtype == np.int64 and found.tolist() == FROZEN[key]


def test_orders_are_permutations_of_their_own():
    orders = [
        batch_order.epoch_order(seed, fold, epoch, 100).tolist()
        for seed in (1, 4294900000)
        for fold in (0, 1)
        for epoch in (0, 1)
    ]
    assert all(sorted(found) == list(range(100)) for found in orders)
    assert len({tuple(found) for found in orders}) == 8


def test_first_batches_are_the_full_ones():
    batches = batch_order.first_batches(7, 2, rows=23, batch_size=5, steps=10)
    assert len(batches) == 10 and {len(batch) for batch in batches} == {5}
    for epoch in range(3):
        taken = np.concatenate(batches[4 * epoch : 4 * epoch + 4])
        assert np.array_equal(taken, batch_order.epoch_order(7, 2, epoch, 23)[: len(taken)])
    assert len(batch_order.first_batches(7, 2, rows=5, batch_size=5, steps=3)) == 3
    with pytest.raises(ValueError, match="4 training rows make no full batch of 5"):
        batch_order.first_batches(7, 2, rows=4, batch_size=5, steps=1)


# ---- The command lines, on made-up data ----


class Study:
    """Data, split and recipe of one dataset, as the workflow lays them out; runs the two scripts."""

    def __init__(self, folder, dataset, count=80):
        random = np.random.RandomState(5)
        shape, self.dataset, self.data = SHAPES[dataset], dataset, folder / "data"
        self.network = CONFIG["networks"][dataset]
        classes = self.network["layers"][-1]["units"]
        self.data.mkdir()
        np.save(self.data / "x.npy", random.randint(0, 17, (count, *shape)).astype(np.uint8))
        np.save(self.data / "y.npy", random.randint(0, classes, count))
        facts = {"dataset": dataset, "shape": shape, "classes": classes, "digest": "0" * 16}
        (self.data / "data.json").write_text(json.dumps(facts))
        rows = random.permutation(count)
        self.splits = folder / "holdout.npz"
        np.savez(self.splits, train_0=rows[:50], test_0=rows[50:])
        self.training = {
            **CONFIG["training"][dataset],
            "batch_size": 16,
            "optimizer": {"name": "rmsprop", **OPTIMIZERS["rmsprop"]},
        }
        self.recipe, self.weights, self.out = (folder / name for name in ("r.json", "w.npz", "out.npz"))
        self.write_recipe()

    def write_recipe(self, **changes):
        parts = {"seed": 9, "network": self.network, "training": self.training, "dataset": self.dataset}
        self.recipe.write_text(json.dumps(parts | changes))

    def run(self, step, *options, before=()):
        command = [
            *before,
            sys.executable,
            ROOT / "scripts",
            step,
            "--network",
            self.recipe,
            "--data",
            self.data,
        ]
        command = [str(part) for part in [*command, *options]]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def initialise(self, *options):
        return self.run("initial-weights", "--out", self.weights, *options)

    def refer(self, *options, before=()):
        options = ["--splits", self.splits, "--weights", self.weights, "--out", self.out, *options]
        return self.run("reference", *options, before=before)


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path, "letter")


def test_without_shared_memory_one_process_makes_the_same(study):
    """Locked-down containers have a /dev/shm that cannot be written, or none."""
    without = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-c"]
    without += ['mount -t tmpfs -o ro none /dev/shm && exec "$@"', "sh"]
    if subprocess.run([*without, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let users mount (unshare)")
    assert study.initialise().returncode == 0
    losses = []
    for before in ([], without):
        done = study.refer("--steps", 3, "--processes", 2, before=before)
        assert done.returncode == 0, done.stderr
        with np.load(study.out) as made:
            losses.append(made["losses"])
    assert "Training in one process" in done.stdout and "/dev/shm" in done.stdout
    np.testing.assert_allclose(*losses, rtol=1e-12)


@pytest.mark.parametrize("dataset", SHAPES)
def test_from_recipe_to_losses(tmp_path, dataset):
    study = Study(tmp_path, dataset)
    for done in (study.initialise(), study.refer("--steps", 5)):
        assert done.returncode == 0, done.stderr
    rows = load(study.data, study.splits, 0, study.network["input_scale"])  # as the frameworks read them
    batches = batch_order.parity_batches(9, 50, 32, 5)
    assert [len(batch) for batch in batches] == [16] * 5 + [8]
    initial = initial_weights.read(study.weights)
    arguments = (study.network, study.training, initial, batches, rows.x_train, rows.y_train)
    losses, gradients, weights, running = reference.train(*arguments)
    predicted = numpy_layers.probabilities(study.network["layers"], weights, rows.x_test, running)
    with np.load(study.out) as found:
        assert found["losses"].dtype == np.float64
        np.testing.assert_allclose(found["losses"], losses[:5], rtol=1e-12)  # other threads in the BLAS
        compared = ["losses", "epoch_loss", "probabilities"]
        names = [*(f"nudged_{name}" for name in compared), *(f"gradient_{n}" for n in range(len(initial)))]
        assert found.files == [*compared, *names, "nudged_gradients"]
        mean = (16 * sum(losses[:5]) + 8 * losses[5]) / 88
        np.testing.assert_allclose(found["epoch_loss"], mean, rtol=1e-12)
        np.testing.assert_allclose(found["probabilities"], predicted[:64], atol=1e-12)
        for number, gradient in enumerate(gradients):
            assert found[f"gradient_{number}"].dtype == np.float64
            np.testing.assert_allclose(found[f"gradient_{number}"], gradient, rtol=1e-9, atol=1e-14)
            assert gradient.shape == initial[number].shape
    assert losses[0] != losses[3], "the batches of two epochs differ"


@pytest.mark.parametrize("dataset", SHAPES)
def test_initial_weights_are_glorots(dataset):
    layers, shape = CONFIG["networks"][dataset]["layers"], SHAPES[dataset]
    found = initialise.draw(layers, shape, 2020, 0)
    assert sum(weight.size for weight in found) == count_parameters(layers, shape)
    assert {weight.dtype for weight in found} == {np.dtype(np.float32)}
    assert not any(bias.any() for bias in found[1::2])
    for kernel in found[0::2]:
        window = kernel.shape[0] * kernel.shape[1] if kernel.ndim == 4 else 1
        limit = sqrt(6 / (window * (kernel.shape[-2] + kernel.shape[-1])))
        assert 0.9 * limit < np.abs(kernel).max() <= np.float32(limit)
        assert abs(kernel.std() / (limit / sqrt(3)) - 1) < 0.2  # of a uniform distribution
    other = initialise.draw(layers, shape, 2020, 1)
    assert not np.array_equal(found[0], other[0])


def test_the_config_names_the_initializers_that_there_are():
    assert {*get_args(of_networks.Initializer)} == initialise.INITIALIZERS.keys()
    assert CONFIG["matched"]["initializer"] == training_spec.INITIALIZER


@pytest.mark.parametrize("name", initialise.INITIALIZERS)
def test_kernels_have_the_variance_of_their_initializer(name):
    layers = [
        {"type": "conv", "filters": 40, "kernel": 3, "padding": "same", "activation": "relu"},
        {"type": "batch_norm"},
        {"type": "flatten"},
        {"type": "dense", "units": 200, "activation": "softmax"},
    ]
    kernel, bias, scale, shift, dense, last = initialise.draw(layers, (6, 6, 30), 7, 0, name)
    assert not any(array.any() for array in (bias, shift, last)) and (scale == 1).all()
    kind, distribution = name.split("_")
    for array, fans in ((kernel, (270, 9 * 40)), (dense, (1440, 200))):
        variance = {"glorot": 2 / sum(fans), "he": 2 / fans[0], "lecun": 1 / fans[0]}[kind]
        assert abs(array.var() / variance - 1) < 0.05
        assert (np.abs(array).max() <= sqrt(3 * variance) * 1.0001) == (distribution == "uniform")


def test_same_seed_and_fold_same_bytes(study):
    made = []
    for fold in (3, 3, 4):
        assert study.initialise("--fold", fold).returncode == 0
        made.append(study.weights.read_bytes())
    assert made[0] == made[1] != made[2]
    with zipfile.ZipFile(study.weights) as archive:  # a time of today would show only after seconds
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}
    assert sorted(path.name for path in study.weights.parent.iterdir()) == [
        *("data", "holdout.npz", "r.json", "w.npz")
    ]


IN_A_FRAMEWORK = """
import sys
sys.path.insert(0, sys.argv[1])
from scripts.training import batch_order, initial_weights
weights = [weight.tolist() for weight in initial_weights.read(sys.argv[2])]
found = [batch_order.epoch_order(2020, 3, 1, 1000).tolist(), weights]
print(sys.version_info[:2], file=sys.stderr)
print(found == eval(sys.stdin.read()))
"""


def test_oldest_environment_draws_and_reads_the_same(python_of, study):
    """Theano's: Python 3.8 and NumPy 1.21."""
    study.initialise()
    expected = [
        batch_order.epoch_order(2020, 3, 1, 1000).tolist(),
        [weight.tolist() for weight in initial_weights.read(study.weights)],
    ]
    command = [python_of("theano"), "-c", IN_A_FRAMEWORK, ROOT, study.weights]
    command = [str(part) for part in command]
    done = subprocess.run(command, input=str(expected), capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr[-2000:]
    assert "(3, 8)" in done.stderr


def mistake(done):
    """The one line of an expected failure."""
    assert done.returncode == 1 and done.stderr.startswith("error: "), done.stderr
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_mistakes_of_the_reference_are_named(study):
    assert str(study.weights) in mistake(study.refer())  # not there yet
    for content in (b"", b"not a zip", b"PK\x03\x04", study.data.joinpath("y.npy").read_bytes()):
        study.weights.write_bytes(content)
        with pytest.raises(ValueError, match=r"w\.npz: not a file of initial weights"):
            initial_weights.read(study.weights)
    assert "w.npz: not a file of initial weights" in mistake(study.refer())
    np.savez(study.weights, weight_0=np.ones((16, 50)), weight_1=np.ones(50))
    assert "weights of another network: [(16, 50), (50,)], not [(16, 50), (50,), (50, 22)" in mistake(
        study.refer()
    )
    study.initialise()
    assert "--steps: 0 is not 1 or more" in mistake(study.refer("--steps", 0))
    np.savez(study.splits, train_0=np.arange(15), test_0=np.arange(20, 30))
    study.write_recipe(training=study.training | {"batch_size": 51})
    too_few = "split.rows is too small for letter: 15 training rows make no full batch of 16"
    assert too_few in mistake(study.refer())
    np.savez(study.splits, train_0=np.arange(20), test_0=np.arange(20, 30))
    study.write_recipe(training=study.training | {"optimizer": {"name": "sgd"}})
    assert "optimizer.decay of sgd is missing" in mistake(study.refer())
    study.splits.write_bytes(b"not a zip")
    assert "holdout.npz: not a file of splits" in mistake(study.refer())
    assert not study.out.exists()


def test_mistakes_in_recipe_and_data_are_named(study):
    assert "--fold: -1 is not 0 or more" in mistake(study.initialise("--fold", -1))
    study.write_recipe(network=study.network | {"parameters": 7})
    assert "networks.letter: the layers have 2570 parameters, not 7" in mistake(study.initialise())
    study.write_recipe(dataset="digits")
    assert "r.json is of digits, but" in mistake(study.initialise())
    study.recipe.write_text("{}")
    assert "r.json: has no dataset, network, seed, training" in mistake(study.initialise())
    study.recipe.write_text("{")
    assert "r.json: not JSON" in mistake(study.initialise())
    study.write_recipe()
    (study.data / "data.json").unlink()
    assert "data.json: No such file" in mistake(study.initialise())
    assert not study.weights.exists()
