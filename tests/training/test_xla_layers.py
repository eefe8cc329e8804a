"""The forms that XLA computes faster are the same mathematics; the gradients: test_frameworks.py."""

import json
import subprocess

import pytest
from paths import ROOT

COUNT = 999 * 1201  # no multiple of 4; enough to see one of 256 values too many
CODE = """
import json, jax, numpy
from scripts.training.frameworks._shared.xla_layers import quick_dropout
ones, found = jax.numpy.ones((999, 1201)), []
for rate in (0.25, 0.5, 0.3):
    left = numpy.asarray(quick_dropout(ones, rate, jax.random.key(1)))
    found.append([rate, float(left.max()), float((left > 0).mean())])
print(json.dumps(found))
"""


@pytest.mark.framework("jax")
def test_dropout_keeps_its_share_and_scales_it_up(environments):
    """Of 8 bits where these give the rate, else of 32."""
    command = [environments / "jax" / "bin" / "python", "-c", CODE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for rate, value, share in json.loads(done.stdout):
        assert value == pytest.approx(1 / (1 - rate))
        assert abs(share - (1 - rate)) < 5 * (rate * (1 - rate) / COUNT) ** 0.5
