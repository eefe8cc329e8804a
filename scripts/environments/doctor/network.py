"""Where packages and data come from."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from scripts.environments.doctor import addresses
from scripts.environments.doctor.plain_yaml import Dataset, Item
from scripts.environments.doctor.result import Plan, Result, fix, lacking, note, ok, venv_is_ready


def check_packages(plan: Plan) -> Result:
    """Check where packages come from: pip brings uv, uv brings everything else."""
    name = "packages"
    ready, missing = venv_is_ready(plan), lacking(plan)
    if ready and not missing:
        return ok(name, "no download needed: .venv and the environments are made")
    elsewhere = {"target", "prefix"} & {key for pip in addresses.uv_pip_settings() for key in pip}
    if elsewhere:
        message = f"uv.toml sets {', '.join(sorted(elsewhere))} under [pip]: uv installs there, not in .venv"
        return fix(
            name, message, "take that out of ~/.config/uv/uv.toml (or /etc/uv/uv.toml, UV_CONFIG_FILE)"
        )
    wanted = {"uv": addresses.uv_indexes()}
    if not ready:
        wanted["pip"] = addresses.pip_indexes()
    seen, problems = ask_indexes(wanted)
    if problems and all(problem.endswith(addresses.CERTIFICATE) for problem in problems):
        return note(
            name,
            "; ".join(problems) + " by this Python; pip and uv have certificates of their own",
            "if they fail too: export SSL_CERT_FILE=/FILE/WITH/YOUR/PROXY'S/CERTIFICATE.pem",
        )
    if problems:
        return fix(
            name,
            "; ".join(problems),
            "connect to the network, or set HTTPS_PROXY; for a registry of your own:"
            " export UV_DEFAULT_INDEX=URL PIP_INDEX_URL=URL",
            "for a machine without network: `snakemake prepare` on one that has it and the same Pythons, and"
            " copy the folder",
        )
    return ok(name, f"{', '.join(dict.fromkeys(seen))} answers")


def ask_indexes(wanted: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """Ask the indexes of each tool; return those that were asked, and why a tool gets nothing."""
    answers = addresses.ask([address(index) for indexes in wanted.values() for index in indexes])
    seen, problems = [], []
    for tool, indexes in wanted.items():
        reasons = {addresses.without_login(index): answers[address(index)] for index in indexes}
        seen += reasons or [f"{tool}'s own links (no index)"]
        if reasons and all(reasons.values()):
            problems += [f"{tool} asks {index}: {reason}" for index, reason in reasons.items()]
    return seen, problems


def address(index: str) -> str:
    """Return the page of an index that is asked for: that of a package which every index has."""
    return index.rstrip("/") + "/uv/"


def unprepared(plan: Plan) -> list[Dataset]:
    """List the datasets that have files to download and were not prepared yet."""
    data = plan.root / "results" / "data"
    return [dataset for dataset in plan.datasets if not (data / dataset.name / "x.npy").exists()]


def check_data(plan: Plan) -> Result:
    """Check where the official files come from. The quickstart needs none of them."""
    name, bad = "data", fix if plan.asked else note
    raw = plan.root / "results" / "raw"
    wanted = [dataset for dataset in unprepared(plan) if not in_folder(raw / dataset.name, dataset.files)]
    if not wanted:
        return ok(name, "no download needed")
    held, trouble = from_mirror(plan.mirror, wanted)
    left = [dataset for dataset in wanted if dataset.name not in held]
    answers = addresses.ask([url for dataset in left for url in official(dataset)])
    lost = [dataset for dataset in left if all(answers[url] for url in official(dataset))]
    if lost:
        hosts = sorted({url.split("/")[2] for dataset in lost for url in official(dataset)})
        return bad(
            name,
            ("" if plan.asked else "for the study, not for the quickstart: ")
            + "; ".join([*trouble, f"no answer for {names_of(lost)} ({', '.join(hosts)})"]),
            "put the official files (resources/datasets.yaml names them) into a folder:"
            " export TRAINCLOCK_MIRROR=/FOLDER",
        )
    if trouble:
        return note(
            name,
            "; ".join(trouble) + "; the official addresses answer instead",
            "export TRAINCLOCK_MIRROR=/FOLDER/WITH/THE/FILES, or unset it",
        )
    sources = [f"mirror: {', '.join(held)}"] if held else []
    sources += [f"official addresses answer: {names_of(left)}"] if left else []
    return ok(name, "; ".join(sources))


def names_of(datasets: Iterable[Dataset]) -> str:
    """Write the names of datasets, with commas between them."""
    return ", ".join(dataset.name for dataset in datasets)


def official(dataset: Dataset) -> list[str]:
    """List one address for each place that has all of a dataset."""
    return dataset.files[0].urls + (dataset.archive.urls if dataset.archive else [])


def from_mirror(mirror: str, datasets: list[Dataset]) -> tuple[list[str], list[str]]:
    """Return the names of the datasets that a mirror has, and what is wrong with it."""
    if not mirror:
        return [], []
    shown = f"mirror {addresses.without_login(mirror)}"
    if mirror.startswith(("http://", "https://")):
        prefix = mirror.rstrip("/") + "/"
        offers = {dataset.name: [prefix + path for path in of_mirror(dataset)] for dataset in datasets}
        answers = addresses.ask([url for urls in offers.values() for url in urls])
        held = [name for name, urls in offers.items() if not all(answers[url] for url in urls)]
    else:
        folder = Path(mirror[len("file://") :] if mirror.startswith("file://") else mirror).expanduser()
        if not folder.is_dir():
            return [], [f"{shown}: no such folder"]
        held = [
            dataset.name
            for dataset in datasets
            if in_folder(folder, dataset.files) or (dataset.archive and in_folder(folder, [dataset.archive]))
        ]
    absent = [dataset.name for dataset in datasets if dataset.name not in held]
    return held, [f"{shown}: lacks {', '.join(absent)}"] if absent else []


def of_mirror(dataset: Dataset) -> list[str]:
    """List what to ask a mirror on the web for: the names of a dataset's first file and of its archive."""
    return dataset.files[0].mirror_names + (dataset.archive.mirror_names if dataset.archive else [])


def in_folder(folder: Path, items: Iterable[Item]) -> bool:
    """Return whether all files are there in the right size, in one of their forms, or below Keras's folder.

    Checksums are checked when they are used.
    """
    return all(any(is_there(folder, form) for form in (item, *item.others)) for item in items)


def is_there(folder: Path, item: Item) -> bool:
    """Return whether a folder holds a file in the right size, under one of the names it may have."""
    files = [root / name for root in (folder, folder / "datasets") for name in item.mirror_names]
    return any(file.is_file() and item.size in (None, file.stat().st_size) for file in files)
