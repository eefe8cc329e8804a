#!/usr/bin/env bash
# In short: Haiku's BatchNorm gives NaN where a channel is constant, or varies little beside its mean.
# Library: dm-haiku 0.0.17 with JAX 0.12.0.1 on a CPU, hk.BatchNorm in training, eps 0.00001 by default.
# One would expect: numbers, as eps is there so that no variance is too small: 0 in a channel that is constant, and of
#   300 +- 0.1, as temperatures in kelvins are, a normal distribution.
# Behaviour: the variance is the mean of the squares less the square of the mean, in float32. Its error grows with the
#   square of the mean and is soon larger than eps; where it makes variance plus eps negative the root is NaN, and so are
#   all outputs of the channel: in hundreds of 1000 constant channels, and in dozens of 1000 channels of 300 +- 0.1.
#   Flax had the same (its issue 1491), and takes 0 where the variance is negative.
# Who meets it: everyone who normalises inputs that are not scaled, or has pictures with an empty channel, or a layer
#   whose outputs are the same for a whole batch.
# Output seen:
#   constant channels, 1 to 500, of 8 pictures of 7 x 7: NaN in hundreds of 1000; with the mean taken off before in none
#   300 +- 0.1, a batch of 64: NaN in dozens of 1000; with the mean taken off before in none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" dm-haiku==0.0.17 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/norm.py" <<'PY'
"""Print in how many channels BatchNorm gives NaN."""
import haiku as hk
import jax
import numpy as np

norm = hk.transform_with_state(lambda x: hk.BatchNorm(True, True, 0.9)(x, is_training=True))


def channels(x):
    """In how many channels the outputs are NaN, in words that do not depend on the processor."""
    params, state = norm.init(jax.random.key(0), x)
    y, _ = jax.jit(norm.apply)(params, state, None, x)
    count = int(np.isnan(np.asarray(y)).reshape(-1, x.shape[-1]).any(axis=0).sum())
    return "none" if not count else "a few" if count < 20 else "dozens" if count < 200 else "hundreds"


levels = np.linspace(1, 500, 1000).astype("float32")
temperatures = (300 + 0.1 * np.random.default_rng(0).normal(size=(64, 1000))).astype("float32")
for name, x in {
    "constant channels, 1 to 500, of 8 pictures of 7 x 7": np.broadcast_to(levels, (8, 7, 7, 1000)).copy(),
    "300 +- 0.1, a batch of 64": temperatures,
}.items():
    centred = x - x.mean(axis=tuple(range(x.ndim - 1)), dtype="float64").astype("float32")
    print(f"{name}: NaN in {channels(x)} of 1000; with the mean taken off before in {channels(centred)}")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/norm.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
constant channels, 1 to 500, of 8 pictures of 7 x 7: NaN in hundreds of 1000; with the mean taken off before in none
300 +- 0.1, a batch of 64: NaN in dozens of 1000; with the mean taken off before in none
SEEN
