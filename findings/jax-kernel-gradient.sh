#!/usr/bin/env bash
# In short: On a CPU the gradient of a convolution's kernel takes JAX several times its forward pass; as a sum over
#   parts of the batch a third of that.
# Library: JAX 0.12.0.1 on a CPU.
# One would expect: the gradient of a convolution's kernel costs about as much as its forward pass, as it has as many
#   multiplications; and summing it over parts of the batch, which gives the same numbers, is no faster than at once.
# Behaviour: at once it takes several times as long as the forward pass, and as the sum of the gradients of four images each,
#   written out in the same program, a third or less of that. XLA makes one matrix product of it that is as long as all
#   places of all images, and does not cut it into pieces that fit a processor's caches.
# Who meets it: everyone who trains a convolutional network with JAX on a CPU: more than half of a step is this gradient.
#   jax.custom_vjp with a sum over slices of the batch is the way round it.
# Output seen (2 cores; batch 128, 26 x 26 x 32 to 64 channels; best of ten, seconds over those of the forward pass):
#   at once 3.8, in parts 1.5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" jax==0.12.0.1 numpy==2.5.5
cat >"$folder/kernel.py" <<'PY'
"""Time the gradient of a kernel at once and in parts, relative to the forward pass."""
import time

import jax
from jax import numpy as jnp

x = jax.random.normal(jax.random.key(0), (128, 26, 26, 32))
kernel = jax.random.normal(jax.random.key(1), (3, 3, 32, 64))
upstream = jax.random.normal(jax.random.key(2), (128, 24, 24, 64))


def convolve(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def gradient(x, upstream):
    return jax.vjp(lambda kernel: convolve(x, kernel), kernel)[1](upstream)[0]


def in_parts(x, upstream):
    return sum(gradient(x[n : n + 4], upstream[n : n + 4]) for n in range(0, len(x), 4))


def seconds(function, *arguments):
    program = jax.jit(function)
    program(*arguments).block_until_ready()
    found = []
    for _ in range(10):
        start = time.perf_counter()
        program(*arguments).block_until_ready()
        found.append(time.perf_counter() - start)
    return min(found)


assert jnp.allclose(gradient(x, upstream), in_parts(x, upstream), rtol=1e-3, atol=1e-2)
forward = seconds(convolve, x, kernel)
whole, parts = seconds(gradient, x, upstream), seconds(in_parts, x, upstream)
print(f"at once {whole / forward:.1f}, in parts {parts / forward:.1f}")
raise SystemExit(whole < 2 * parts)
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/kernel.py" || { echo "the behaviour has changed" >&2; exit 1; }
