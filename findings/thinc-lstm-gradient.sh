#!/usr/bin/env bash
# In short: What thinc's LSTM on a CPU gives as the gradient of its weights contains the weights themselves.
# Library: thinc 9.1.1 on a CPU (Python 3.12, NumPy 2.5.5), layers.LSTM in with_padded.
# One would expect: after the backward pass the gradient of the weights is the one that finite differences give: 0
#   where the gradient of the outputs is 0. Every time step has a part in it, and in the gradient of the inputs.
# Behaviour: the gradient is added to an array of the weights, not of zeros. So the weights decay by the learning rate
#   in every step, whatever the data. The first time step is left out: a sequence of length 1 gives the weights alone,
#   and the first input of any sequence has the gradient 0. What is left is not the gradient, either.
# Who meets it: everyone who trains this LSTM without a GPU. The documentation recommends PyTorchLSTM instead, but as
#   the faster one.
# Output seen (the largest number of each gradient):
#   1 step, gradient of the outputs 0: finite differences 0.00, thinc 0.89, thinc less the weights 0.00
#   1 step, random gradient of the outputs: finite differences 0.17, thinc 0.89, thinc less the weights 0.00
#     of the first input: finite differences 0.08, thinc 0.00
#   5 steps, gradient of the outputs 0: finite differences 0.00, thinc 0.90, thinc less the weights 0.00
#   5 steps, random gradient of the outputs: finite differences 2.26, thinc 0.97, thinc less the weights 0.68
#     of the first input: finite differences 0.73, thinc 0.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" thinc==9.1.1 blis==1.0.2 numpy==2.5.5 pydantic==2.14.4 confection==0.1.5
cat >"$folder/lstm.py" <<'PY'
"""Compare the gradients of an LSTM with finite differences, and with its weights."""
import numpy as np
from thinc.api import LSTM, use_ops, with_padded


def largest(array):
    """The largest size in an array."""
    return f"{float(np.abs(array).max()):.2f}"


def compare(length):
    """Print the gradients for a sequence of a length."""
    np.random.seed(0)
    inputs = [np.random.normal(size=(length, 3)).astype("float32")]
    model = with_padded(LSTM(4, 3)).initialize(X=inputs)
    weights = model.layers[0].get_param("LSTM")
    for factor, name in (0.0, "gradient of the outputs 0"), (1.0, "random gradient of the outputs"):
        d_outputs = factor * np.random.normal(size=(length, 4)).astype("float32")

        def differences(array):
            """The derivatives of the sum of outputs times their gradient, by finite differences."""
            slopes = np.zeros(array.shape)
            for place in np.ndindex(array.shape):
                kept, sums = array[place], []
                for shift in 0.01, -0.01:
                    array[place] = kept + np.float32(shift)
                    sums.append(float((model.predict(inputs)[0].astype("float64") * d_outputs).sum()))
                array[place] = kept
                slopes[place] = (sums[0] - sums[1]) / 0.02
            return slopes

        _, backprop = model.begin_update(inputs)
        d_inputs = backprop([d_outputs.copy()])[0]
        gradient = model.layers[0].get_grad("LSTM").copy()
        model.layers[0].set_grad("LSTM", np.zeros_like(gradient))
        print(f"{length} step{'s'[:length - 1]}, {name}: finite differences {largest(differences(weights))},", end=" ")
        print(f"thinc {largest(gradient)}, thinc less the weights {largest(gradient - weights)}")
        if factor:
            print(f"  of the first input: finite differences {largest(differences(inputs[0])[0])},", end=" ")
            print(f"thinc {largest(d_inputs[0])}")


with use_ops("numpy"):
    compare(1)
    compare(5)
PY
"$folder/env/bin/python" "$folder/lstm.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
1 step, gradient of the outputs 0: finite differences 0.00, thinc 0.89, thinc less the weights 0.00
1 step, random gradient of the outputs: finite differences 0.17, thinc 0.89, thinc less the weights 0.00
  of the first input: finite differences 0.08, thinc 0.00
5 steps, gradient of the outputs 0: finite differences 0.00, thinc 0.90, thinc less the weights 0.00
5 steps, random gradient of the outputs: finite differences 2.26, thinc 0.97, thinc less the weights 0.68
  of the first input: finite differences 0.73, thinc 0.00
SEEN
