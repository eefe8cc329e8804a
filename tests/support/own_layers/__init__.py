"""The libraries' own layers and functions, called the same way with arrays of NumPy: for layer_probe.py.

Each module has these functions, or None where the library has no such thing:

    relu_gradient(x)             derivative of the sum of relu(x), as x
    max_pool_gradient(x)         of the sum of the maxima of windows of 2 x 2; x is an image, (height, width)
    leaky_relu(x), gelu(x)       without arguments
    conv(channels, filters, size, padding, strides)    Made
    dense(inputs, units)         Made
    batch_norm(features)         function of rows: what the layer gives in training, and its running values
    dropout(x, rate)             in training
    cross_entropy(values)        loss of a row of predictions whose label is 0
    adam_step(weight, gradient, decay)    weight after a step of Adam, its rate 0.1, with that weight_decay
    clipped(gradients, norm)     gradients of two weights, clipped to a common norm
"""
