"""Theano's own functions, and the layers of Keras 2.3.1 on it."""

from typing import Any, Callable

import keras
import numpy as np
import theano
from keras import backend as K
from theano import tensor as T
from theano.tensor.signal.pool import pool_2d

from own_layers.made import Array, Made

gelu = adam_step = None


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    values = T.TensorType("float32", [False] * x.ndim)()
    return theano.function([values], theano.grad(function(values).sum(), values))(x)


def relu_gradient(x: Array) -> Array:
    return gradient(T.nnet.relu, x)


def max_pool_gradient(x: Array) -> Array:
    return gradient(lambda values: pool_2d(values, (2, 2), ignore_border=True), x)


def leaky_relu(x: Array) -> Array:
    layer = keras.layers.LeakyReLU()
    values = keras.layers.Input((x.size,))
    return K.function([values], [layer(values)])([x[None]])[0][0]


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    layer = keras.layers.Conv2D(filters, size, strides=strides, padding=padding)
    return made(layer, (8, 8, channels))


def dense(inputs: int, units: int) -> Made:
    return made(keras.layers.Dense(units), (inputs,))


def made(layer: Any, shape: tuple) -> Made:
    """Draw the weights of a layer."""
    values = keras.layers.Input(shape)
    after = layer(values)
    kernel, bias = layer.get_weights()
    return Made(lambda x: K.function([values], [after])([x])[0], kernel, bias)


def batch_norm(features: int) -> Callable[[Array], tuple]:
    layer = keras.layers.BatchNormalization()
    values = keras.layers.Input((features,))
    after = layer(values)
    step = K.function([values, K.learning_phase()], [after], updates=layer.updates)

    def call(x: Array) -> tuple:
        (given,) = step([x, 1])
        return given, K.get_value(layer.moving_mean), K.get_value(layer.moving_variance)

    return call


def dropout(x: Array, rate: float) -> Array:
    values = keras.layers.Input((x.size,))
    after = keras.layers.Dropout(rate)(values)
    return K.function([values, K.learning_phase()], [after])([x[None], 1])[0][0]


def cross_entropy(values: Array) -> float:
    label = np.eye(len(values), dtype=values.dtype)[:1]
    loss = keras.losses.categorical_crossentropy(K.constant(label), K.constant(values[None]))
    return float(K.eval(loss)[0])


def clipped(gradients: list, norm: float) -> list:
    weights = [K.variable(np.zeros_like(gradient)) for gradient in gradients]
    loss = sum((weight * gradient).sum() for weight, gradient in zip(weights, gradients))
    optimizer = keras.optimizers.SGD(1.0, clipnorm=norm)
    K.function([], [loss], updates=optimizer.get_updates(loss, weights))([])
    return [-K.get_value(weight) for weight in weights]
