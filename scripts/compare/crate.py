"""The metadata that make an export an RO-Crate: which run made which record, in which framework, from what.

RO-Crate 1.1 with the profile for provenance of workflow runs, version 0.5
(https://w3id.org/ro/wfrun/provenance/0.5): a tool for each framework, an action for each run.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from rocrate.model.computerlanguage import get_lang
from rocrate.model.contextentity import ContextEntity
from rocrate.model.dataset import Dataset
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from scripts.analysis import display_names
from scripts.compare.about import About
from scripts.compare.tools import Tool, by_tool, pinned, tool_of
from scripts.core.paths import ROOT
from scripts.core.record import Failure, Record
from scripts.core.run_id import RunId
from scripts.environments.env_file import environment_name

NAME = "ro-crate-metadata.json"
WORKFLOW, README = "Snakefile", "README.md"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
}
STATUS = {True: "http://schema.org/CompletedActionStatus", False: "http://schema.org/FailedActionStatus"}


@dataclass(frozen=True)
class Content:
    """What is exported: `files` {name: bytes}; `made` are all runs that ended, by their id."""

    name: str
    date: str  # ISO 8601, day
    files: Mapping[str, bytes]
    made: Mapping[RunId, Record | Failure]


def readme(name: str, date: str) -> bytes:
    """Return what a reader finds first."""
    return (
        f"# trainclock: {name}\n\n"
        f"An experiment of trainclock as of {date}: the same networks in several frameworks, timed.\n\n"
        "- `runs/`: the record of each run, JSON\n"
        "- `tables/`, `figures/`: what was made of them, where it is included\n"
        "- `experiment.json`: config and plan; `envs/`: the packages of each framework, pinned\n"
        f"- `{NAME}`: which run made which record, as an RO-Crate\n"
        "- `manifest.json`: the SHA-256 of each file\n\n"
        "`make compare A=results B=THIS_FILE.tar.gz` sets own results beside it.\n"
    ).encode()


def metadata(content: Content, about: About) -> bytes:
    """Return the file of metadata, the same for the same content."""
    crate = ROCrate(version="1.1")
    author = add_author(crate, about)
    files = add_files(crate, content)
    describe_root(crate, content, about, author)
    tools = {tool: add_tool(crate, tool, runs) for tool, runs in by_tool(content.made).items()}
    add_workflow(crate, files, tools, about, author)
    add_actions(crate, content, files, tools, author)
    return json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False).encode()


def add_author(crate: ROCrate, about: About) -> ContextEntity | None:
    """Add who made the results; None where nobody is named."""
    if not about.author:
        return None
    properties: dict[str, Any] = {"@type": "Person", "name": about.author["name"]}
    affiliation = about.author.get("affiliation")
    if affiliation:
        place = affiliation.get("url", "#affiliation")
        properties["affiliation"] = add(crate, place, {"@type": "Organization", **affiliation})
    return add(crate, about.author.get("id", "#author"), properties)


def add_files(crate: ROCrate, content: Content) -> dict[str, File | Dataset]:
    """Add all files but the workflow's, and the folder of the records: {name: its entity}."""
    found: dict[str, File | Dataset] = {}
    for name in sorted(content.files):
        if name != WORKFLOW:
            facts = {"name": name, "encodingFormat": FORMATS[PurePosixPath(name).suffix]}
            facts["contentSize"] = str(len(content.files[name]))
            found[name] = File(crate, dest_path=name, properties=facts)
            crate.add(found[name])
    records = [entity for name, entity in found.items() if name.startswith("runs/")]
    facts = {"name": "records of all runs", "hasPart": single(records)}
    found["runs/"] = Dataset(crate, dest_path="runs/", properties=facts)
    crate.add(found["runs/"])
    found[README]["about"] = crate.root_dataset
    return found


def describe_root(crate: ROCrate, content: Content, about: About, author: ContextEntity | None) -> None:
    """Say what the crate is, under which licence, and which profiles it follows."""
    profiles = [
        add(crate, place, {"@type": "CreativeWork", "name": name, "version": place[-3:]})
        for place, name in PROFILES.items()
    ]
    root = crate.root_dataset
    root["name"] = f"trainclock: {content.name}"
    root["description"] = (
        f"{len(content.made)} runs that train the same networks in several frameworks, timed: records, what"
        " they were made from, and tables and figures where they are included."
    )
    root["datePublished"] = content.date
    root["conformsTo"] = profiles
    root["license"] = add(crate, about.license, {"@type": "CreativeWork", "name": about.license})
    if author:
        root["author"] = author
    if author and "affiliation" in author:
        root["publisher"] = author["affiliation"]
    crate.metadata["conformsTo"] = [
        {"@id": "https://w3id.org/ro/crate/1.1"},
        {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"},
    ]


def add_tool(crate: ROCrate, tool: Tool, runs: Sequence[RunId]) -> ContextEntity:
    """Add a framework in the version that ran."""
    framework, version = tool
    names = sorted({environment_name(framework, run.device) for run in runs})
    page = f"https://deps.dev/pypi/{pinned(names[0]).name.lower()}/{version}"
    return add(
        crate,
        f"{page}#{framework}",
        {
            "@type": "SoftwareApplication",
            "name": display_names.framework(framework),
            "version": version,
            "url": page,
            "softwareRequirements": single([{"@id": f"envs/{name}.yaml"} for name in names]),
        },
    )


def add(crate: ROCrate, place: str, facts: Mapping[str, Any]) -> ContextEntity:
    """Add an entity that is no file: its id is `place`."""
    entity = ContextEntity(crate, place, dict(facts))
    crate.add(entity)
    return entity


def single(values: list[Any]) -> Any:
    """Return a list as RO-Crate has it: one value alone is no list."""
    return values[0] if len(values) == 1 else values


def add_workflow(
    crate: ROCrate,
    files: Mapping[str, File | Dataset],
    tools: Mapping[Tool, ContextEntity],
    about: About,
    author: ContextEntity | None,
) -> None:
    """Add the workflow, its parameters, and a step for each framework."""
    language = get_lang(crate, "snakemake")
    crate.add(language)
    workflow = File(
        crate,
        dest_path=WORKFLOW,
        properties={
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": "trainclock",
            "version": project()["version"],
            "encodingFormat": "text/plain",
            "programmingLanguage": language,
            "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
            "hasPart": single(list(tools.values())),
            "step": single(add_steps(crate, tools)),
            **add_parameters(crate, files),
        },
    )
    if about.workflow:
        workflow["url"] = about.workflow
    if author:
        workflow["author"] = author
    crate.add(workflow)
    crate.mainEntity = workflow


def add_parameters(crate: ROCrate, files: Mapping[str, File | Dataset]) -> dict[str, ContextEntity]:
    """Add the input and the output of the workflow: its config, and the records."""
    found = {}
    for key, place, kind, name in (
        ("input", "#config", "File", "experiment.json"),
        ("output", "#records", "Dataset", "runs/"),
    ):
        facts = {"@type": "FormalParameter", "additionalType": kind, "name": place[1:]}
        found[key] = add(crate, place, {**facts, "workExample": files[name]})
        files[name]["exampleOfWork"] = found[key]
    return found


def add_steps(crate: ROCrate, tools: Mapping[Tool, ContextEntity]) -> list[ContextEntity]:
    """Add a step of the workflow for each framework and version."""
    steps = []
    for number, ((framework, version), entity) in enumerate(tools.items(), start=1):
        name = f"training in {display_names.framework(framework)} {version}"
        facts = {"@type": "HowToStep", "name": name, "position": str(number), "workExample": entity}
        steps.append(add(crate, f"#step-{framework}-{version}", facts))
    return steps


def add_actions(
    crate: ROCrate,
    content: Content,
    files: Mapping[str, File | Dataset],
    tools: Mapping[Tool, ContextEntity],
    author: ContextEntity | None,
) -> None:
    """Add the action of each run, that of the whole workflow, and that of its engine."""
    who = {"agent": author} if author else {}
    config, actions, controls = files["experiment.json"], [], []
    for run_id, made in content.made.items():
        place = run_id.path("runs").with_suffix("").as_posix()
        ended: dict[str, Any] = {"startTime": made.started, "endTime": made.finished}
        ended["actionStatus"] = STATUS[isinstance(made, Record)]
        if isinstance(made, Failure):
            ended["error"] = made.reason
        action = {"@type": "CreateAction", "name": f"training {place.removeprefix('runs/')}", **who, **ended}
        action["description"] = f"{run_id.dataset} in {display_names.framework(run_id.framework)}, timed"
        tool = tool_of(run_id, made)
        action |= {"instrument": tools[tool], "object": config, "result": files[f"{place}.json"]}
        actions.append(add(crate, f"#{place}", action))
        control = {"@type": "ControlAction", "name": f"job of {place.removeprefix('runs/')}", **ended}
        control |= {"instrument": {"@id": f"#step-{'-'.join(tool)}"}, "object": actions[-1]}
        controls.append(add(crate, f"#control/{place}", control))
    times = {
        "startTime": min(made.started for made in content.made.values()),
        "endTime": max(made.finished for made in content.made.values()),
    }
    whole = {"@type": "CreateAction", "name": "experiment", "description": "all runs of the plan", **who}
    whole |= {"instrument": crate.mainEntity, "object": config, "result": files["runs/"], **times}
    experiment = add(crate, "#experiment", whole)
    engine = {"@type": "OrganizeAction", "name": "run of Snakemake", "instrument": add_engine(crate), **who}
    add(crate, "#engine", {**engine, "object": single(controls), "result": experiment, **times})
    crate.root_dataset["mentions"] = [experiment, *actions]


def add_engine(crate: ROCrate) -> ContextEntity:
    """Add Snakemake, in the version that this checkout pins."""
    (pin,) = (one for one in map(Requirement, project()["dependencies"]) if one.name == "snakemake")
    version = str(pin.specifier).removeprefix("==")
    page = f"https://deps.dev/pypi/snakemake/{version}"
    facts = {"@type": "SoftwareApplication", "name": "Snakemake", "version": version, "url": page}
    return add(crate, page, facts)


def project() -> dict[str, Any]:
    """Return what this checkout says of itself: its version, and what the workflow needs."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
