"""What a Flatten does to the order of weights, in libraries whose images are NCHW."""

from typing import List, Optional, Tuple

from scripts.core.network import Layers


def flatten_orders(layers: Layers, input_shape: Tuple[int, ...]) -> List[Optional[Tuple[int, ...]]]:
    """Give, for every layer with weights, the shape that a Flatten before it took in.

    (height, width, channels), or None where there was no Flatten. A library whose images are NCHW flattens
    channels first, the canonical layout channels last.
    """
    from scripts.core.network import shapes

    found, before, shape = [], None, tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        if layer["type"] == "flatten":
            before = shape if len(shape) == 3 else None
        elif layer["type"] in ("conv", "dense"):
            found.append(before)
            before = None
        shape = after
    return found
