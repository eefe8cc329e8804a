"""What tuned Theano does its own way is the same mathematics."""

import json
import subprocess

import pytest
from paths import ROOT

COUNT = 997 * 1201  # no multiple of 8; enough to see one of 256 values too many
TRAINER = """
import json, numpy as np
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry, theano
from scripts.training.frameworks.theano import dropout, tuned

theano.set_up(1, "cpu", "float64")
DENSE, DROPOUT = {"type": "dense", "units": 20, "activation": "relu"}, {"type": "dropout", "rate": 0.2}
ORDER = np.array([3, 1, 10, 2, 0, 7, 4, 9, 8, 6, 5])  # two whole batches of 4 rows and one of 3

def trainer(layers, rate, x, seed=1):
    random = np.random.RandomState(2)
    Trainer = registry.trainer_class("theano", "tuned")
    rows = Trainer.convert(Rows(x, np.arange(11) % 3, x, np.arange(11) % 3, 3, "", ""))
    network = {"layers": [*layers, {"type": "dense", "units": 3, "activation": "softmax"}]}
    options = {"name": "sgd", "learning_rate": rate, "decay": 0.1, "momentum": 0.5, "nesterov": True}
    training = {"loss": "categorical_crossentropy", "optimizer": options, "batch_size": 4}
    made = Trainer(network, training, rows, seed=seed, device="cpu", settings="matched")
    made.set_weights([random.uniform(-1, 1, array.shape) for array in made.model.get_weights()])
    return made

def trained(trainer):
    return [trainer._run(np.roll(ORDER, epoch)) for epoch in range(3)]
"""
# Shares of the kept, also of pairs that come from the same random numbers.
FACTORS = """
from scripts.training.frameworks._shared.random_digits import base_and_digits
found = []
for rate in (0.25, 0.5, 0.2, 0.3, 0.1234567891):
    np.random.seed(7)
    drawn = dropout.draw(rate, (997, 1201))
    digits, kept = base_and_digits(rate)[1], drawn > 0
    numbers = -(-kept.size // digits)
    both = kept.flat[numbers:] & kept.flat[:-numbers]
    found.append([rate, sorted(set(drawn.flat)), kept.mean(), both.mean() if digits > 1 else None])
print(json.dumps(found))
"""
# Factors 1 to 11, those of the rows in their order, or 1 to 4 and again where a step is drawn at a time; then
# with steps, where gradients that took other factors than the loss would show. Both layers have the same.
TAKEN = """
def numbered(rate, shape):
    return np.arange(1.0, shape[0] + 1)[:, None] / 8 * np.ones(shape)

def loss_and_gradients(weights, x, y, scale):
    k1, b1, k2, b2, k3, b3 = weights
    a = np.maximum(x @ k1 + b1, 0)
    b = np.maximum(scale * a @ k2 + b2, 0)
    logits = scale * b @ k3 + b3
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    d = (p - np.eye(3)[y]) / len(y)
    db = scale * (d @ k3.T) * (b > 0)
    da = scale * (db @ k2.T) * (a > 0)
    return loss, [x.T @ da, da.sum(0), (scale * a).T @ db, db.sum(0), (scale * b).T @ d, d.sum(0)]

def expected(weights, x, y, rate, at_once):
    weights, speeds, total = list(weights), [0.0] * 6, 0
    for step, start in enumerate((0, 4, 8)):
        rows = ORDER[start : start + 4]
        scale = (np.arange(len(rows)) + 1 + (start if at_once else 0))[:, None] / 8
        loss, gradients = loss_and_gradients(weights, x[rows], y[rows], scale)
        total += loss * len(rows)
        now = rate / (1 + 0.1 * step)
        speeds = [0.5 * v - now * g for v, g in zip(speeds, gradients)]
        weights = [w + 0.5 * v - now * g for w, v, g in zip(weights, speeds, gradients)]
    return total / 11, weights

dropout.draw, found = numbered, []
x, y = np.random.RandomState(3).rand(11, 5), np.arange(11) % 3
for at_once in (2**22, 0):
    tuned.DRAWN_AT_ONCE = at_once
    made = trainer([DENSE, DROPOUT, DENSE, DROPOUT], 0.1, x)
    loss, weights = expected(made.model.get_weights(), x, y, 0.1, at_once)
    apart = abs(made._run(ORDER) - loss)
    found.append([loss, apart, max(abs(a - b).max() for a, b in zip(made.model.get_weights(), weights))])
print(json.dumps(found))
"""
# Equal rows and no steps: only what is dropped makes the losses differ.
DROPPED = """
found = []
for at_once in (2**22, 0):
    tuned.DRAWN_AT_ONCE = at_once
    made = trainer([DENSE, DROPOUT], 0.0, np.ones((11, 5)))
    before = made.predict()
    made.step()
    state = made.snapshot()
    losses = trained(made)
    still = bool((made.predict() == before).all())
    made.restore(state)
    again = trained(made)
    np.random.seed(99)
    found.append([losses, again, trained(made), still])
print(json.dumps(found))
"""


def output_of(code, environments):
    command = [environments / "theano" / "bin" / "python", "-c", TRAINER + code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.framework("theano")
def test_dropout_keeps_its_share_and_scales_it_up(environments):
    """Also of values that are taken from the same random number, which are independent."""
    for rate, values, share, of_one_number in output_of(FACTORS, environments):
        assert values == pytest.approx([0, 1 / (1 - rate)])
        assert abs(share - (1 - rate)) < 5 * (rate * (1 - rate) / COUNT) ** 0.5
        if of_one_number is not None:
            both = (1 - rate) ** 2
            assert abs(of_one_number - both) < 5 * (both * (1 - both) / (COUNT / 2)) ** 0.5


@pytest.mark.framework("theano")
def test_each_step_takes_its_own_factors_forward_and_backward(environments):
    (loss, *apart), (other_loss, *other_apart) = output_of(TAKEN, environments)
    assert abs(loss - other_loss) > 1e-3
    assert max(*apart, *other_apart) < 1e-12


@pytest.mark.framework("theano")
def test_each_epoch_drops_other_values_and_each_seed_its_own(environments):
    """Drawn for the whole epoch or for one step at a time; none are dropped where it predicts."""
    for losses, again, other_seed, still in output_of(DROPPED, environments):
        assert losses == again
        assert len({*losses, *other_seed}) == 6
        assert still
