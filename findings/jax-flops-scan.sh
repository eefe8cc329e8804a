#!/usr/bin/env bash
# In short: JAX's cost_analysis() counts the body of a scan once, and Flax's table of a network does so, too.
# Library: JAX 0.12.0.1 on a CPU, compiled.cost_analysis(); Flax 0.12.12, linen.tabulate(compute_flops=True).
# One would expect: a scan of 100 steps costs 100 times one step, as the same steps written out do: its length is fixed,
#   and is in the program; likewise a recurrent layer over 100 steps and a stack of 12 layers under nn.scan.
# Behaviour: a scan, lax.map and fori_loop cost as much as one turn, whatever their length; with unroll=10 as much as
#   ten. So a recurrent layer costs the same over 1 and 100 steps, a Transformer of 12 layers under nn.scan as much as
#   one of its layers, and an epoch as one program as much as one batch. There is no warning; the documentation calls it
#   "a summary of execution cost estimates" whose structure may change, and does not speak of loops.
# Who meets it: whoever divides these numbers by a time to get the speed of a device or its part in use (MFU), or prints
#   them for a paper: the larger the network, the smaller the share of it that is counted.
# Output seen (floating point operations, in those of one step, layer or row):
#   written out: 10 steps 10
#   scan: 1 step 1, 10 steps 1, 100 steps 1, 100 steps with unroll=10 10
#   fori_loop: 100 steps 1
#   map: 128 rows 1
#   Flax's table, RNN of an LSTM: 1 step 1, 100 steps 1
#   Flax's table, dense layers under nn.scan: 1 layer 1, 12 layers 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" flax==0.12.12 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/count.py" <<'PY'
"""Print what JAX and Flax say that loops cost."""
import re

import jax
import jax.numpy as jnp
from flax import linen as nn

weights, rows = jnp.ones((256, 256)), jnp.ones((128, 256))


def flops(function):
    """Count the operations of a compiled function of the rows."""
    return jax.jit(function).lower(rows).compile().cost_analysis()["flops"]


def step(x, _=None):
    """Take one step, of one matrix product."""
    return jnp.tanh(x @ weights), None


def scan(length, unroll=1):
    """Count a scan, in steps."""
    return f"{flops(lambda x: jax.lax.scan(step, x, None, length, unroll=unroll)[0]) / one:.0f}"


def written_out(x):
    """Take ten steps."""
    for _ in range(10):
        x, _ = step(x)
    return x


def table(module, x):
    """Read the operations of a whole network in Flax's table."""
    options = {"compute_flops": True, "console_kwargs": {"width": 300, "no_color": True}}
    lines = nn.tabulate(module, jax.random.key(0), **options)(x)
    cells = [line.split("│") for line in re.sub(r"\x1b\[[0-9;]*m", "", lines).splitlines() if "│" in line]
    return float(cells[0][5])


class Layer(nn.Module):
    """A dense layer, as nn.scan wants it."""

    @nn.compact
    def __call__(self, x, _):
        return nn.Dense(256)(x), None


class Stack(nn.Module):
    """Layers under nn.scan."""

    layers: int

    @nn.compact
    def __call__(self, x):
        scanned = nn.scan(Layer, variable_axes={"params": 0}, split_rngs={"params": True}, length=self.layers)
        return scanned()(x, None)[0]


one = flops(lambda x: step(x)[0])
print(f"written out: 10 steps {flops(written_out) / one:.0f}")
print(f"scan: 1 step {scan(1)}, 10 steps {scan(10)}, 100 steps {scan(100)}, 100 steps with unroll=10 {scan(100, 10)}")
print(f"fori_loop: 100 steps {flops(lambda x: jax.lax.fori_loop(0, 100, lambda _, x: step(x)[0], x)) / one:.0f}")
row = 2 * 256 * 256
print(f"map: 128 rows {flops(lambda x: jax.lax.map(lambda row: row @ weights, x)) / row:.0f}")
lstm, product = nn.RNN(nn.LSTMCell(128)), 2 * 8 * 4 * 128 * (64 + 128)
recurrent = [table(lstm, jnp.ones((8, steps, 64))) / product for steps in (1, 100)]
print(f"Flax's table, RNN of an LSTM: 1 step {recurrent[0]:.0f}, 100 steps {recurrent[1]:.0f}")
stack = [table(Stack(layers), rows) / (2 * 128 * 256 * 256) for layers in (1, 12)]
print(f"Flax's table, dense layers under nn.scan: 1 layer {stack[0]:.0f}, 12 layers {stack[1]:.0f}")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/count.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
written out: 10 steps 10
scan: 1 step 1, 10 steps 1, 100 steps 1, 100 steps with unroll=10 10
fori_loop: 100 steps 1
map: 128 rows 1
Flax's table, RNN of an LSTM: 1 step 1, 100 steps 1
Flax's table, dense layers under nn.scan: 1 layer 1, 12 layers 1
SEEN
