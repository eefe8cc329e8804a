"""What tuned TensorFlow does its own way is the same mathematics."""

import json
import subprocess

import pytest
from paths import ROOT

COUNT = 997 * 1201  # no multiple of 8; enough to see one of 256 values too many
# Shares of the kept, also of two values in a row of the random numbers' digits: those of one number.
FACTORS = """
import json, numpy, tensorflow as tf
from scripts.training.frameworks._shared.random_digits import base_and_digits
from scripts.training.frameworks.tensorflow import dropout
found = []
for rate in (0.25, 0.5, 0.2, 0.3, 0.1234567891):
    drawn = [dropout.factors(rate, [1, n], (997, 1201), tf.float64).numpy() for n in (7, 7, 8)]
    values, kept = sorted(set(drawn[0].flat)), [each > 0 for each in drawn]
    base, digits = base_and_digits(rate)
    numbers = -(-kept[0].size // digits)
    both = kept[0].flat[numbers:] & kept[0].flat[:-numbers]
    found.append([rate, values, kept[0].mean(), both.mean() if digits > 1 else None,
                  bool((kept[0] == kept[1]).all()), (kept[0] & kept[2]).mean(), [base, digits]])
print(json.dumps(found, default=float))
"""
# Two whole batches of 4 rows and one of 3.
TRAINER = """
import json, numpy as np
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry, tensorflow
from scripts.training.frameworks.tensorflow import tuned

tensorflow.set_up(1, "cpu", "float64")
DENSE, DROPOUT = {"type": "dense", "units": 20, "activation": "relu"}, {"type": "dropout", "rate": 0.2}
ORDER = np.array([3, 1, 10, 2, 0, 7, 4, 9, 8, 6, 5])

class Losses:
    def __init__(self):
        self.losses = []
    def start(self):
        pass
    def stop(self, loss):
        self.losses.append(loss())

def trainer(way, layers, rate=0.1, x=None, seed=1):
    random = np.random.RandomState(2)
    x = random.rand(11, 5) if x is None else x
    Trainer = registry.trainer_class("tensorflow", way)
    rows = Trainer.convert(Rows(x, np.arange(11) % 3, x, np.arange(11) % 3, 3, "", ""))
    network = {"layers": [*layers, {"type": "dense", "units": 3, "activation": "softmax"}]}
    options = {"name": "sgd", "learning_rate": rate, "decay": 0.1, "momentum": 0.5, "nesterov": True}
    training = {"loss": "categorical_crossentropy", "optimizer": options, "batch_size": 4}
    made = Trainer(network, training, rows, seed=seed, device="cpu", settings="matched")
    made.set_weights([random.uniform(-1, 1, array.shape) for array in made.model.trainable_variables])
    return made

def trained(trainer, epochs=3):
    clock = Losses()
    trainer.train(epochs, clock, lambda epoch: np.roll(ORDER, epoch))
    return clock.losses
"""
SAME_AS_IDIOMATIC = """
found = []
for way in ("idiomatic", "tuned"):
    made = trainer(way, [DENSE, DENSE])
    first = made.predict()
    found.append([trained(made), made.predict().tolist(), float(abs(made.predict() - first).max())])
print(json.dumps(found))
"""
# Equal rows and no steps: only what is dropped makes the losses differ.
DROPPED = """
found = []
for at_once in (2**22, 0):
    tuned.DRAWN_AT_ONCE = at_once
    def of(seed):
        return trainer("tuned", [DENSE, DROPOUT, DENSE, DROPOUT], rate=0.0, x=np.ones((11, 5)), seed=seed)
    made = of(1)
    before, state = made.predict(), made.snapshot()
    losses = trained(made)
    still = bool((made.predict() == before).all())
    made.restore(state)
    again = trained(made)
    found.append([losses, again, trained(of(1)), trained(of(2)), still])
made = trainer("tuned", [DENSE, DENSE], rate=0.0, x=np.ones((11, 5)))
print(json.dumps([found, trained(made)]))
"""
# Instead of random factors 1 in the first step that is drawn, 2 in the second; no steps, so losses are a sum.
TAKEN = """
import tensorflow as tf
from scripts.training.frameworks.tensorflow import dropout

def numbered(layers, steps, rows, dtype):
    return [tf.ones((steps, rows, 20), dtype) * tf.reshape(tf.range(1, steps + 1, dtype=dtype), (-1, 1, 1))]

dropout.draw, found = numbered, []
for at_once, scales in ((2**22, [1, 2, 1]), (0, [1, 1, 1])):
    tuned.DRAWN_AT_ONCE = at_once
    made = trainer("tuned", [DENSE, DROPOUT], rate=0.0)
    kernel, bias, kernel_2, bias_2 = made.model.get_weights()
    hidden = np.maximum(made.rows.x_train[ORDER] @ kernel + bias, 0) * np.repeat(scales, 4)[:11, None]
    logits = hidden @ kernel_2 + bias_2
    shares = logits[np.arange(11), ORDER % 3] - np.log(np.exp(logits).sum(axis=1))
    found.append([trained(made, epochs=1)[0], -shares.mean()])
print(json.dumps(found))
"""
STARTED = """
from tensorflow.python.eager import context

found, step = [], tuned.Tuned._step_on
def noted(self, rows, drawn):
    found.append(context.context().function_call_options.executor_type)
    return step(self, rows, drawn)

tuned.Tuned._step_on = noted
conv = {"type": "conv", "filters": 2, "kernel": 3, "padding": "same", "activation": "relu"}
trained(trainer("tuned", [DENSE]))
trained(trainer("tuned", [conv, {"type": "flatten"}], x=np.random.rand(11, 4, 4, 1)))
print(json.dumps(found))
"""


def output_of(code, environments):
    command = [environments / "tensorflow" / "bin" / "python", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.framework("tensorflow")
def test_dropout_keeps_its_share_and_scales_it_up(environments):
    """Also of values that are taken from the same random number, which are independent."""
    found = output_of(FACTORS, environments)
    assert [each[-1] for each in found] == [[4, 4], [2, 8], [5, 4], [10, 2], [1, 1]]
    for rate, values, share, of_one_number, same, of_two_seeds, _ in found:
        assert values == pytest.approx([0, 1 / (1 - rate)])
        assert abs(share - (1 - rate)) < 5 * (rate * (1 - rate) / COUNT) ** 0.5
        assert same
        both = (1 - rate) ** 2
        for measured in filter(None, (of_one_number, of_two_seeds)):
            assert abs(measured - both) < 5 * (both * (1 - both) / (COUNT / 2)) ** 0.5


@pytest.mark.framework("tensorflow")
def test_an_epoch_is_that_of_fit(environments):
    idiomatic, tuned = output_of(TRAINER + SAME_AS_IDIOMATIC, environments)
    assert idiomatic[2] > 0.01, "training changed nothing"
    assert tuned[0] == pytest.approx(idiomatic[0], abs=1e-7)  # fit() adds losses up in float32
    for row, expected in zip(tuned[1], idiomatic[1], strict=True):
        assert row == pytest.approx(expected, abs=1e-12)


@pytest.mark.framework("tensorflow")
def test_one_thread_starts_the_operations_without_convolutions(environments):
    *dense, images, few_images = output_of(TRAINER + STARTED, environments)
    assert dense == ["SINGLE_THREADED_EXECUTOR"] * 2
    assert [images, few_images] == [None, None]


@pytest.mark.framework("tensorflow")
def test_each_step_takes_its_own_values(environments):
    (of_epoch, expected_of_epoch), (of_steps, expected_of_steps) = output_of(TRAINER + TAKEN, environments)
    assert abs(of_epoch - of_steps) > 1e-3
    assert of_epoch == pytest.approx(expected_of_epoch, abs=1e-12)
    assert of_steps == pytest.approx(expected_of_steps, abs=1e-12)


@pytest.mark.framework("tensorflow")
def test_each_epoch_drops_other_values_and_each_seed_its_own(environments):
    """Drawn for the whole epoch or for one step at a time; none are dropped where it predicts."""
    found, without = output_of(TRAINER + DROPPED, environments)
    assert max(without) - min(without) < 1e-12
    for losses, again, same_seed, other_seed, still in found:
        assert len({*losses, *other_seed, without[0]}) == 7
        assert losses == again == same_seed
        assert still
