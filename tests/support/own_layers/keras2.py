"""Layers of Keras 2.3.1, whatever computes them."""

from typing import Callable

import keras
from keras import backend as K

from own_layers.made import Array, Made


def leaky_relu(x: Array) -> Array:
    layer = keras.layers.LeakyReLU()
    values = keras.layers.Input((x.size,))
    return K.function([values], [layer(values)])([x[None]])[0][0]


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    layer = keras.layers.Conv2D(filters, size, strides=strides, padding=padding)
    return made(layer, (8, 8, channels))


def dense(inputs: int, units: int) -> Made:
    return made(keras.layers.Dense(units), (inputs,))


def made(layer: keras.layers.Layer, shape: tuple) -> Made:
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
