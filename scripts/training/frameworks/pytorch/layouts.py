"""How PyTorch's kernels lie in memory."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Optional


def layout_of(model: Any) -> Optional[str]:
    """Read how the model's kernels lie in memory, and so the images that it computes.

    None if that cannot be seen: with one channel, first and last are the same.
    """
    import torch

    kernels = [kernel for kernel in model.parameters() if kernel.ndim == 4 and kernel.shape[1] > 1]
    if not kernels:
        return None
    last = all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    return "NHWC (channels_last)" if last else "NCHW"
