"""The environment a run was promised, and the versions it really has."""

import os
import platform
import sys
from importlib import metadata

from .record import Software


class WrongEnvironment(Exception):
    """The interpreter is not the one of the promised environment."""


def check_prefix(promised):
    """A failed activation does not fail a Snakemake job: so look where this interpreter lives.

    `promised` is the environment's folder, or a folder of environments (conda's).
    """
    here, promised = os.path.realpath(sys.prefix), os.path.realpath(promised)
    if os.path.commonpath([here, promised]) != promised:
        raise WrongEnvironment(
            f"this run was promised the environment {promised}, but {sys.executable} belongs to {here};"
            " was the activation of the environment lost?"
        )


def describe(facts, asked=None):
    """The Software section of a record; `facts` is what the framework tells of itself, `asked` those of
    them that it was asked for."""
    versions = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            versions[name.lower().replace("_", "-")] = distribution.version
    return Software(
        environment=sys.prefix,
        python=platform.python_version(),
        versions=dict(sorted(versions.items())),
        library_facts=facts,
        asked_facts=asked or {},
    )
