"""What the runs of an export were made with: each framework in the version that its records have."""

from collections.abc import Iterator, Mapping
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.analysis import display_names
from scripts.core.paths import ROOT
from scripts.core.record import Failure, Record
from scripts.core.run_id import RunId
from scripts.environments.env_file import environment_name, read_environment

Tool = tuple[str, str]  # a framework and its version


def by_tool(made: Mapping[RunId, Record | Failure]) -> dict[Tool, list[RunId]]:
    """Return {tool: its runs}, in the order of the plan."""
    found: dict[Tool, list[RunId]] = {}
    for run_id, one in made.items():
        found.setdefault(tool_of(run_id, one), []).append(run_id)
    return found


def tool_of(run_id: RunId, made: Record | Failure) -> Tool:
    """Return what a run was made with: the version of its record; of a failure the pinned one."""
    pin = pinned(environment_name(run_id.framework, run_id.device))
    version = str(pin.specifier).removeprefix("==")
    if isinstance(made, Record):
        version = made.software.versions.get(canonicalize_name(pin.name), version)
    return run_id.framework, version


@cache
def pinned(name: str) -> Requirement:
    """Return the framework's own pin of an env file, its first."""
    return Requirement(read_environment(ROOT / "envs" / f"{name}.yaml").pip[0])


def other_versions(made: Mapping[RunId, Record | Failure]) -> Iterator[str]:
    """Yield a sentence on each framework that ran in another version than the env files pin today."""
    for (framework, version), runs in by_tool(made).items():
        pin = pinned(environment_name(framework, runs[0].device))
        if version != str(pin.specifier).removeprefix("=="):
            name = display_names.framework(framework)
            yield f"runs of {name} were made with {version}; envs/ in the file pin {pin}"
