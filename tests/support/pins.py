"""What an env file pins, for tests that compare it with what is installed."""

from collections.abc import Iterable
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.environments.env_file import read_environment


def pins(file: Path, python: str | None = None) -> dict[str, str]:
    """Read the pins of an env file that hold on this platform with this Python, X.Y.Z: {name: version}."""
    environment = read_environment(file)
    return chosen(environment.pip, python or environment.python + ".0")


def chosen(requirements: Iterable[str], python: str) -> dict[str, str]:
    """Choose the pins that hold on this platform with this Python: {name: version}."""
    platform = default_environment() | {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
    }
    versions = {}
    for requirement in map(Requirement, requirements):
        (pin,) = requirement.specifier
        assert pin.operator == "==", requirement
        if requirement.marker is None or requirement.marker.evaluate(platform):
            versions[canonicalize_name(requirement.name)] = pin.version
    return versions
