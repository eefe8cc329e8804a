"""What an env file pins, for tests that compare it with what is installed."""

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.environments.env_file import read_environment


def pins(file, python=None):
    """{name: version} of the pins of an env file that hold on this platform with this Python, X.Y.Z."""
    environment = read_environment(file)
    return chosen(environment.pip, python or environment.python + ".0")


def chosen(requirements, python):
    """{name: version} of the pins among some requirements that hold on this platform with this Python."""
    place = default_environment() | {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
    }
    found = {}
    for requirement in map(Requirement, requirements):
        (pin,) = requirement.specifier
        assert pin.operator == "==", requirement
        if requirement.marker is None or requirement.marker.evaluate(place):
            found[canonicalize_name(requirement.name)] = pin.version
    return found
