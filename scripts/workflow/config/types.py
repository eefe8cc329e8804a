"""Values for texts of the command line, and checks that pydantic has no type for.

Each error's text follows the value: `'a b' is not one word`.
"""

import math
import re
from contextlib import suppress
from typing import Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError


def typed(value: Any, of_file: bool = False) -> Any:
    """Return the config with values for the texts that `--config 'a={b: 2}'` makes of them.

    These are numbers, booleans and nulls. A text that would come back otherwise, such as the account 007,
    stays one. In a file a number in quotes is meant as a text; there only 1e-4 is none, which YAML 1.1 takes
    for one.
    """
    if isinstance(value, dict):
        return {key: typed(item, of_file) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, of_file) for item in value]
    if isinstance(value, str) and value:
        return of_yaml(value) if of_file else of_command_line(value)
    return value


def of_yaml(text: str) -> str | float:
    """Return the number that YAML 1.1 takes for a text, 1e-4, or the text."""
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", text) else text


def of_command_line(text: str) -> Any:
    """Return what a text of `--config` stands for."""
    with suppress(ValueError):
        return int(text) if str(int(text)) == text else text
    with suppress(ValueError):
        return float(text) if math.isfinite(float(text)) else text
    return {"true": True, "false": False, "null": None}.get(text.lower(), text)


def refuse(text: str) -> PydanticCustomError:
    """Return the error of a value, in words that follow it."""
    return PydanticCustomError("refused", "{text}", {"text": text})


def matches(regex: str, words: str) -> AfterValidator:
    """Return the check of a text that must match; `words` describe what it should be."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(regex, value):
            raise refuse(f"is not {words}")
        return value

    return AfterValidator(check)


def pattern(regex: str, words: str) -> dict[str, Any]:
    """Return the same for editors."""
    return {"pattern": regex, "patternErrorMessage": f"is not {words}"}


def is_either(words: str, *types: type) -> BeforeValidator:
    """Return the check that a value has one of the types: one message for a union, not one for each part."""

    def check(value: Any) -> Any:
        if type(value) not in types:
            raise refuse(f"is not {words}")
        return value

    return BeforeValidator(check)


def no_repeats(values: list) -> list:
    """Return the list. Raises PydanticCustomError if it has an item twice."""
    if any(value in values[:at] for at, value in enumerate(values)):
        raise PydanticCustomError("repeated", "has an item twice")
    return values


def at_least_one(value: Any) -> Any:
    """Return a text or a number. Raises PydanticCustomError if it is a number below one."""
    if isinstance(value, int) and value < 1:
        raise refuse("is less than the minimum of 1")
    return value
