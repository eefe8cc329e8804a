"""Whether the numbers of a record can be those of a real run: types, signs and lengths."""

import math
import typing
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from scripts.core import record
from scripts.core.record import Record


def doubts(found: Record) -> list[str]:
    """Return why a record cannot be that of a real run, in words that name the field; [] if it can."""
    return list(wrong_types(found)) or [*wrong_times(found), *wrong_learning(found)]


def wrong_types(found: Record) -> Iterator[str]:
    """Yield fields that hold another kind of value than core/record.py declares, or NaN or infinity."""
    for name, section in record.SECTIONS.items():
        values = vars(getattr(found, name))
        for field, hint, fits in checks(section):
            if not fits(values[field]):
                yield f"{field} is {str(values[field])[:40]}, not {words(hint)}"
    for field in ("started", "finished"):
        try:
            datetime.fromisoformat(getattr(found, field))
        except (TypeError, ValueError):
            yield f"{field} is {getattr(found, field)!r}, not a time"


@cache
def checks(section: type) -> list[tuple[str, Any, Callable[[Any], bool]]]:
    """Return (field, type, whether a value has it) of the fields of a section."""
    return [(field, hint, check_of(hint)) for field, hint in typing.get_type_hints(section).items()]


def check_of(hint: Any) -> Callable[[Any], bool]:
    """Return the function that says whether a value from JSON has a type of core/record.py."""
    kind, inner = typing.get_origin(hint), typing.get_args(hint)
    if kind is typing.Union:
        (fits,) = (check_of(choice) for choice in inner if choice is not type(None))  # all are Optional
        return lambda value: value is None or fits(value)
    if kind is list:
        each = all_of(inner[0])
        return lambda value: isinstance(value, list) and each(value)
    if kind is dict:
        each = all_of(inner[1])
        return lambda value: isinstance(value, dict) and each(value.values())
    if hint is float:
        return lambda value: type(value) in (float, int) and math.isfinite(value)
    if hint is int:
        return lambda value: type(value) is int
    return lambda value: hint is typing.Any or isinstance(value, hint)


def all_of(hint: Any) -> Callable[[Collection[Any]], bool]:
    """Return the function that says whether all values have a type; one call of a built-in for numbers."""
    if hint is int:
        return lambda values: {int}.issuperset(map(type, values))
    if hint is float:
        return lambda values: {int, float}.issuperset(map(type, values)) and all(map(math.isfinite, values))
    fits = check_of(hint)
    return lambda values: all(map(fits, values))


def words(hint: Any) -> str:
    """Return a type in words: finite number, whole number, list of finite number, ..."""
    kind, inner = typing.get_origin(hint), typing.get_args(hint)
    if kind is typing.Union:
        return " or ".join(words(choice) for choice in inner)
    if kind is list:
        return f"a list of {words(inner[0])}s".replace("of a ", "of ")
    plain = {float: "a finite number", int: "a whole number", str: "a text", bool: "true or false"}
    return plain.get(hint, "null" if hint is type(None) else "a mapping")


def wrong_times(found: Record) -> Iterator[str]:
    """Yield times that are negative or zero, and lists that are not as long as there are epochs."""
    times, epochs = found.times, found.origin.training.get("epochs")
    for field in ("import_s", "load_s", "build_s", "compile_s", "predict_s", "train_cpu_s", "instrument_s"):
        if getattr(times, field) < 0:
            yield f"{field} is {getattr(times, field)}, below 0"
    for field in ("train_s", "total_s"):
        if getattr(times, field) <= 0:
            yield f"{field} is {getattr(times, field)}, not above 0"
    if min(times.epochs_s, default=1) <= 0:
        yield f"an epoch of epochs_s took {min(times.epochs_s)} s"
    for field, values in {
        "epochs_s": times.epochs_s,
        "epochs_cpu_s": times.epochs_cpu_s,
        "train_losses": found.learning.train_losses,
    }.items():
        if len(values) != epochs:
            yield f"{field} has {len(values)} values for {epochs} epochs"


def wrong_learning(found: Record) -> Iterator[str]:
    """Yield accuracies, losses and counts that are out of their range."""
    learning = found.learning
    if not 0 <= learning.test_accuracy <= 1:
        yield f"test_accuracy is {learning.test_accuracy}, not between 0 and 1"
    if learning.test_loss < 0:
        yield f"test_loss is {learning.test_loss}, below 0"
    for field, value in {
        "train_rows": learning.train_rows,
        "test_rows": learning.test_rows,
        "parameters": learning.parameters,
        "threads": found.threads.threads,
    }.items():
        if value < 1:
            yield f"{field} is {value}, below 1"
