#!/usr/bin/env bash
# In short: TensorFlow's profiler counts one step of an LSTM's sequence, and nothing of a convolution with groups.
# Library: TensorFlow 2.21.0 (CPU) with Keras 3.15.1 (Python 3.12), tf.compat.v1.profiler, option float_operation().
# One would expect: the floating point operations of a network in a function of fixed shapes, which is how packages and
#   answers on the web get them: an LSTM over 100 steps costs 100 times one step, with unroll=True or without.
# Behaviour: of a loop one turn is counted, so that LSTM and GRU get a few hundredths of their work. Nothing at all is
#   counted of a convolution with groups, nor of the products of MultiHeadAttention
#   with itself, which are an einsum: its four dense layers are all that is left. layers.Attention, which multiplies
#   matrices, is counted in full. There is no warning.
# Who meets it: whoever prints the cost of a recurrent network, a ResNeXt or a Transformer for a paper: it seems to be
#   cheaper than any other.
# Output seen (counted, in parts of the multiplications and additions of the layer's products; 100 steps):
#   LSTM 0.02, with unroll=True 1.02
#   GRU 0.02, with unroll=True 1.02
#   Conv2D 1.00, with groups=4 0.00
#   Dense 1.01, Attention 1.02, MultiHeadAttention 0.61 (its dense layers are 0.56)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 tensorflow-cpu==2.21.0 numpy==2.5.5
cat >"$folder/count.py" <<'PY'
"""Print what part of a layer's floating point operations TensorFlow's profiler counts."""
import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2_as_graph

ProfileOptionBuilder = tf.compat.v1.profiler.ProfileOptionBuilder
STEPS, SIZE, UNITS = 100, 64, 32


def part(layer, shape, true):
    """Count a layer of one sample in inference, in parts of the true number."""
    call = tf.function(lambda x: layer(x)).get_concrete_function(tf.TensorSpec((1, *shape), tf.float32))
    _, definition = convert_variables_to_constants_v2_as_graph(call)
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
        options = ProfileOptionBuilder(ProfileOptionBuilder.float_operation()).with_empty_output().build()
        profile = tf.compat.v1.profiler.profile(graph, cmd="op", options=options)
    return f"{profile.total_float_ops / true:.2f}"


layers = keras.layers
sequence, image = (STEPS, SIZE), (16, 16, SIZE)
products = 2 * STEPS * UNITS * (SIZE + UNITS)
for kind, gates in ((layers.LSTM, 4), (layers.GRU, 3)):
    loop, unrolled = (part(kind(UNITS, unroll=unroll), sequence, gates * products) for unroll in (False, True))
    print(f"{kind.__name__} {loop}, with unroll=True {unrolled}")
kernel = 2 * 16 * 16 * 9 * SIZE * SIZE
whole, grouped = (
    part(layers.Conv2D(SIZE, 3, padding="same", groups=groups), image, kernel / groups) for groups in (1, 4)
)
print(f"Conv2D {whole}, with groups=4 {grouped}")
dense, attend = 2 * STEPS * 4 * SIZE * SIZE, 2 * 2 * STEPS * STEPS * SIZE
heads, one = layers.MultiHeadAttention(4, 16), layers.Attention()
print(f"Dense {part(layers.Dense(UNITS), sequence, 2 * STEPS * SIZE * UNITS)},",
      f"Attention {part(lambda x: one([x, x]), sequence, attend)},",
      f"MultiHeadAttention {part(lambda x: heads(x, x), sequence, dense + attend)}",
      f"(its dense layers are {dense / (dense + attend):.2f})")
PY
TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow "$folder/env/bin/python" "$folder/count.py" 2>"$folder/log" |
    grep -E '^(LSTM|GRU|Conv2D|Dense) ' | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
LSTM 0.02, with unroll=True 1.02
GRU 0.02, with unroll=True 1.02
Conv2D 1.00, with groups=4 0.00
Dense 1.01, Attention 1.02, MultiHeadAttention 0.61 (its dense layers are 0.56)
SEEN
