"""A layer of a library as a function of arrays."""

from typing import Any, Callable, NamedTuple, Optional

Array = Any  # of NumPy


class Made(NamedTuple):
    """A layer, with its weights in the library's own layout."""

    call: Callable[[Array], Array]
    kernel: Array
    bias: Optional[Array]
    drawn: bool = True  # its weights, by the library
