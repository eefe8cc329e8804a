#!/usr/bin/env bash
# In short: On a CPU an epoch as one `jax.lax.scan` makes the gradient of a convolution's kernel many times as slow as
#   in a loop.
# Library: JAX 0.12.0.1 on a CPU.
# One would expect: jax.lax.scan over the steps of an epoch, as tutorials suggest it, is as fast as calling the jitted step in
#   a loop, or a little faster: it is the same computation without Python in between.
# Behaviour: inside the scan the gradient of a convolution's kernel takes many times as long.
# Who meets it: everyone who trains a convolutional network on a CPU with an epoch as one program. On a dense network, or
#   on a GPU, nothing of it is seen.
# Output seen (2 cores; batch 64, 28 x 28 x 8 to 16 channels, 4 steps; best of three, seconds over those of the loop):
#   scan 42
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" jax==0.12.0.1 numpy==2.5.5
cat >"$folder/scan.py" <<'PY'
"""Time four steps of gradient descent on a kernel, by a loop and by a scan."""
import time

import jax

images = jax.random.normal(jax.random.key(0), (4, 64, 28, 28, 8))
first = 0.1 * jax.random.normal(jax.random.key(1), (3, 3, 8, 16))


def step(kernel, x):
    def loss(kernel):
        out = jax.lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return (jax.nn.relu(out) ** 2).mean()

    return kernel - 0.1 * jax.grad(loss)(kernel), None


one, all_of_them = jax.jit(step), jax.jit(lambda kernel, images: jax.lax.scan(step, kernel, images)[0])


def loop():
    kernel = first
    for x in images:
        kernel, _ = one(kernel, x)
    return kernel


def seconds(function):
    function().block_until_ready()
    found = []
    for _ in range(3):
        start = time.perf_counter()
        function().block_until_ready()
        found.append(time.perf_counter() - start)
    return min(found)


ratio = seconds(lambda: all_of_them(first, images)) / seconds(loop)
print(f"scan {ratio:.0f}")
raise SystemExit(ratio < 4)
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/scan.py" || { echo "the behaviour has changed" >&2; exit 1; }
