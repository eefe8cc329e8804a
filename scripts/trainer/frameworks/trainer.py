"""The contract of a framework: what its folder has, and what its trainers do.

A framework is a folder next to this file. Its `__init__.py` is imported by the workflow too, to learn what
the framework can do; so it imports its framework, and NumPy, only inside functions. It has

    FRAMEWORK                            its Framework
    set_up(threads, device, precision)   sets the environment, imports the framework, sets its threads;
                                         precision is float32, or float64 for the parity certificate
    matrix_product(n, device)            a function without arguments that multiplies the two matrices of
                                         measure.square_matrices(n), waits for the end and gives the result
"""

from dataclasses import dataclass
from typing import Any, Mapping, Tuple, Type, Union

LineStyle = Union[str, Tuple[int, Tuple[int, ...]]]  # as Matplotlib takes it


@dataclass(frozen=True)
class Framework:
    """What is known of a framework without importing it, in the words of the config."""

    label: str  # its name as readers see it
    colour: str  # of its lines and bars, #RRGGBB; style.py says which are free
    line: LineStyle
    marker: str
    devices: Tuple[str, ...]
    settings: Tuple[str, ...]
    trainers: Mapping[str, Type[Any]]  # of each implementation
