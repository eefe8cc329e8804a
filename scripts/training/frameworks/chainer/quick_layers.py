"""A convolution that moves fewer bytes: Chainer's own transposes its patches."""

# Chainer is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from functools import partial
from typing import Any


def put_into(model: Any) -> None:
    """Let every convolution of a model compute by one product for each row."""
    from chainer import links as L

    convolution = convolution_by_rows()
    for link in model:
        if isinstance(link, L.Convolution2D):
            link.forward = partial(_convolve, link, convolution)


def _convolve(link: Any, convolution: Any, x: Any) -> Any:
    inputs = [x, link.W] if link.b is None else [x, link.W, link.b]
    return convolution(link.stride, link.pad).apply(inputs)[0]


def _of_kernels(gradient: Any, patches: Any) -> Any:
    """Sum the gradients of the kernels over the rows: (filters, channels x kernel)."""
    import numpy as np

    found = np.zeros((gradient.shape[1], patches.shape[1]), gradient.dtype)
    for of_row, its_patches in zip(gradient, patches):
        found += of_row @ its_patches.T
    return found


def convolution_by_rows() -> Any:
    """Make the class of a convolution: patches of a row are (channels x kernel, places), as they come.

    With K the kernels, (filters, channels x kernel), and P the patches of a row, its output is K P. With G
    the gradient there, (filters, places), that of K is the sum of G P' over the rows, and that of P is K' G.
    The patches are kept for the way back.
    """
    import chainer
    from chainer.utils import conv

    class Convolution(chainer.FunctionNode):
        def __init__(self, stride: Any, pad: Any) -> None:
            self.stride, self.pad = stride, pad

        def forward_cpu(self, inputs: Any) -> Any:
            x, kernels = inputs[:2]
            self.retain_inputs(())
            self.shape, self.kernels = x.shape, kernels
            patches = conv.im2col_cpu(x, *kernels.shape[2:], *self.stride, *self.pad)
            places = patches.shape[4:]
            self.patches = patches.reshape(len(x), kernels[0].size, -1)
            out = kernels.reshape(len(kernels), -1) @ self.patches
            if len(inputs) == 3:
                out += inputs[2][:, None]
            return (out.reshape(len(x), len(kernels), *places),)

        def backward(self, indexes: Any, outputs: Any) -> Any:
            kernels, gradient = self.kernels, outputs[0].array
            flat, found = gradient.reshape(*gradient.shape[:2], -1), {}
            if 0 in indexes:
                patches = kernels.reshape(len(kernels), -1).T @ flat
                patches = patches.reshape(len(flat), *kernels.shape[1:], *gradient.shape[2:])
                found[0] = conv.col2im_cpu(patches, *self.stride, *self.pad, *self.shape[2:])
            if 1 in indexes:
                found[1] = _of_kernels(flat, self.patches).reshape(kernels.shape)
            if 2 in indexes:
                found[2] = flat.sum(axis=(0, 2))
            return [chainer.Variable(found[index]) for index in indexes]

    return Convolution
