"""This workflow as a module of another one: rules have other names, and nobody calls its handlers."""

from collections.abc import Callable
from functools import partial
from typing import Any


def own_name(modifier: Any) -> Callable[[str], str]:
    """Return the function that gives the name of a rule here, from its name in the whole workflow.

    It gives an empty one for rules of others. `modifier` is Snakemake's, of this workflow or module.
    """
    begin, _, end = modifier.modify_rulename("*").partition("*")

    def name_of(name: str) -> str:
        ours = name.startswith(begin) and name.endswith(end) and len(name) >= len(begin) + len(end)
        return name[len(begin) : len(name) - len(end)] if ours else ""

    return name_of


def both(first: Callable[[Any], Any], second: "partial[Any]") -> Callable[[Any], None]:
    """Return the handler that calls two: that of the whole workflow, and ours, bound to its log."""

    def handle(log: Any) -> None:
        first(log)
        second.func(log)

    return handle
