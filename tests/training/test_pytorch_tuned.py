"""What tuned PyTorch does its own way on a CPU is the same mathematics."""

import json
import subprocess

import pytest
from paths import ROOT

COUNT = 999 * 1201  # no multiple of 8; enough to see one of 256 values too many
DROPOUT = """
import json, torch
from scripts.training.frameworks.pytorch import quick_layers
found = []
for rate, traced in ((0.25, False), (0.5, False), (0.2, False), (0.25, True)):
    model = torch.nn.Sequential(torch.nn.Dropout(rate))
    quick_layers.put_into(model, on_cpu=True, traced=traced)
    left = model(torch.ones(999, 1201))
    still = bool((model.eval()(left) == left).all())
    usual, share = type(model[0]) is torch.nn.Dropout, (left > 0).double().mean().item()
    found.append([usual, rate, left.max().item(), share, still])
print(json.dumps(found))
"""
FLATTEN = """
import json, torch
from scripts.training.frameworks.pytorch import quick_layers
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5))
quick_layers.put_into(model, on_cpu=False, traced=False)
images = torch.arange(120.0).reshape(2, 3, 4, 5)
expected = images.permute(0, 2, 3, 1).reshape(2, -1)
print(json.dumps([model[0](images).tolist(), expected.tolist(), type(model[1]).__name__]))
"""
# Whole batches of 4 rows and one of 3, taken back once; a decay that is seen after few steps.
STEPS = """
import copy, json, torch
from scripts.training.frameworks.pytorch.optimizers import make_optimizer
from scripts.training.frameworks.pytorch.steps import EagerSteps
from scripts.training.frameworks.pytorch.traced import TracedSteps, flat_weights

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
first = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
x, y = torch.randn(7, 6), torch.randint(0, 3, (7,))

def trained(Steps, options, matched, flat):
    model = copy.deepcopy(first)
    optimizer, _ = make_optimizer([flat_weights(model)] if flat else model.parameters(), options, matched)
    steps = Steps(model, torch.nn.CrossEntropyLoss(), optimizer, {"decay": 0.1, **options}, matched)
    for again in (True, False):
        before = steps.snapshot()
        steps.total.zero_()
        for rows, labels in [*zip(x.split(4), y.split(4))] * 4:
            steps(rows, labels)
        if again:
            steps.restore(before)
    weights = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    return [*weights.tolist(), steps.total.item()], len(getattr(steps, "graphs", ()))

found = []
for options in json.loads(OPTIONS):
    for matched in (False, True):
        eager, _ = trained(EagerSteps, options, matched, False)
        traced, graphs = trained(TracedSteps, options, matched, True)
        apart = max(abs(a - b) for a, b in zip(eager, traced))
        before = torch.cat([parameter.flatten() for parameter in first.parameters()]).tolist()
        moved = max(abs(a - b) for a, b in zip(eager, before))
        found.append([apart, moved, graphs])
print(json.dumps(found))
"""
# A rate of 8 bits and one of more; steps of no size, so that only the dropped values differ.
DRAWN = """
import json, torch
from scripts.training.frameworks.pytorch import quick_layers
from scripts.training.frameworks.pytorch.traced import TracedSteps, flat_weights

found = []
for rate in (0.5, 0.2):
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 50), torch.nn.Dropout(rate), torch.nn.Linear(50, 3))
    quick_layers.put_into(model, on_cpu=True, traced=True)
    optimizer = torch.optim.SGD([flat_weights(model)], lr=0.0)
    steps, losses = TracedSteps(model, torch.nn.CrossEntropyLoss(), optimizer, {}, False), []
    x, y = torch.randn(8, 6), torch.randint(0, 3, (8,))
    for _ in range(6):
        steps.total.zero_()
        steps(x, y)
        losses.append(steps.total.item())
    found.append(losses)
print(json.dumps(found))
"""
OPTIMIZERS = [
    {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    {"name": "sgd", "learning_rate": 0.1},
    {"name": "rmsprop", "learning_rate": 0.01},
    {"name": "adadelta"},
    {"name": "adam", "learning_rate": 0.01, "warm_up": 3, "clip_norm": 0.1},
    {"name": "adamw", "learning_rate": 0.01, "schedule": {"type": "cosine", "updates": 6, "final": 0.1}},
    {"name": "nadam", "learning_rate": 0.01, "warm_up": 3, "l2": 0.01},
    {"name": "adagrad", "learning_rate": 0.1, "schedule": {"type": "step", "updates": 3, "factor": 0.5}},
]


def output_of(code, environments):
    command = [environments / "pytorch" / "bin" / "python", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.framework("pytorch")
def test_dropout_keeps_its_share_and_scales_it_up(environments):
    """Of 8 bits where these give the rate, else of as many as a random number has."""
    for usual, rate, value, share, still in output_of(DROPOUT, environments):
        assert (usual, still) == (False, True)
        assert value == pytest.approx(1 / (1 - rate))
        assert abs(share - (1 - rate)) < 5 * (rate * (1 - rate) / COUNT) ** 0.5


@pytest.mark.framework("pytorch")
def test_images_are_flattened_in_the_order_of_channels_last(environments):
    found, expected, dropout_of_a_gpu = output_of(FLATTEN, environments)
    assert found == expected
    assert dropout_of_a_gpu == "Dropout"


@pytest.mark.framework("pytorch")
def test_traced_steps_are_the_eager_ones(environments):
    """With each optimiser, a falling rate, two sizes of batch, and steps that were taken back."""
    code = STEPS.replace("OPTIONS", repr(json.dumps(OPTIMIZERS)))
    found = output_of(code, environments)
    assert len(found) == 2 * len(OPTIMIZERS)
    for apart, moved, graphs in found:
        assert graphs == 2
        assert moved > 0.01
        assert apart < 1e-12


@pytest.mark.framework("pytorch")
def test_a_traced_step_draws_its_dropout_again(environments):
    for losses in output_of(DRAWN, environments):
        assert len(set(losses)) == len(losses) == 6
