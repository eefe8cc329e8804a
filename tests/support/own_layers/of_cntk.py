"""CNTK's own functions, and the layers of Keras 2.3.1 on it."""

import importlib
from typing import Any, Callable

import cntk
import keras
import numpy as np
from keras import backend as K

from own_layers.keras2 import batch_norm, conv, dense, dropout, leaky_relu  # noqa: F401  what the probe asks for
from own_layers.made import Array

gelu = adam_step = None


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    values = cntk.input_variable(x.shape, needs_gradient=True)
    return cntk.reduce_sum(function(values)).grad({values: x[None]}, wrt=[values])[0]


def relu_gradient(x: Array) -> Array:
    return gradient(cntk.relu, x)


def max_pool_gradient(x: Array) -> Array:
    def pool(values: Any) -> Any:
        return cntk.pooling(values, cntk.MAX_POOLING, (2, 2), (2, 2))

    return gradient(pool, x[None])[0]


def cross_entropy(values: Array) -> float:
    label = np.eye(len(values), dtype=values.dtype)[0]
    loss = keras.losses.categorical_crossentropy(cntk.constant(label), cntk.constant(values))
    return float(K.eval(loss))


def clipped(gradients: list, norm: float) -> list:
    """By Keras as it is: set_up() replaces its clipping."""
    optimizer = importlib.reload(keras.optimizers).SGD(1.0, clipnorm=norm)
    rows = K.placeholder((None, 1))
    weights = [K.variable(np.zeros_like(gradient)) for gradient in gradients]
    products = [cntk.reduce_sum(weight * gradient) for weight, gradient in zip(weights, gradients)]
    loss = K.mean(sum(products) + 0 * rows)
    step = K.function([rows], [loss], updates=optimizer.get_updates(loss, weights))
    step([np.zeros((1, 1), np.float32)])
    return [-K.get_value(weight) for weight in weights]
