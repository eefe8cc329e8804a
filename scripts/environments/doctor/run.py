"""Check this machine before anything is built, and print the fix for what is missing.

Judged is what `make quickstart` needs, or the experiment of --config. Runs with the standard library
alone. Exit status 1 if something would stop it; notes do not count.
"""

import sys

if sys.version_info < (3, 8):
    sys.exit(
        "error: trainclock needs Python 3.11 or later (even its doctor needs 3.8), and %s is %s:"
        " make doctor PYTHON=python3.12" % (sys.executable, sys.version.split()[0])
    )

import argparse
import os
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterable, List, TextIO, Tuple

from scripts.core.commands import typed, users_folder
from scripts.core.errors import UserError
from scripts.core.paths import ROOT
from scripts.environments.doctor import disk, gpu, machine, network, programs
from scripts.environments.doctor.plain_yaml import mirror_of, read_config, read_environment, read_manifest
from scripts.environments.doctor.result import Plan, Result, fix, venv_is_ready
from scripts.environments.env_file import Environment

QUICKSTART = ROOT / "presets" / "quickstart.yaml"
CHECKS = (
    machine.check_system,
    machine.check_user,
    machine.check_cores,
    machine.check_memory,
    disk.check_disk,
    disk.check_folders,
    disk.check_cache,
    programs.check_python,
    programs.check_interpreters,
    programs.check_compiler,
    programs.check_tools,
    network.check_packages,
    network.check_data,
    gpu.check_gpu,
    programs.check_conda,
    programs.check_slurm,
)
COLOURS = {"ok": "32", "note": "33", "fix": "31"}


def main() -> None:
    """Print the result of every check; exit status 1 if something has to be fixed first."""
    args = arguments()
    plan = plan_of(args)
    command = plan.snakemake if plan.asked else "make quickstart"
    print(f"What `{command}` needs on this machine\n", flush=True)
    if users_folder() != ROOT:
        print(f"All commands below are for trainclock's folder: cd {typed(ROOT)}\n", flush=True)
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        of_checks = pool.map(lambda check: results_of(check, plan), CHECKS)
        results = [result for some in of_checks for result in some]
    for result in results:
        print(shown(result, wants_colour(sys.stdout)))
    problems = sum(result.state == "fix" for result in results)
    if problems:
        print(f"\n{problems} problem{'s' if problems > 1 else ''} to fix first")
        sys.exit(1)
    before = "make setup; " if plan.asked and not venv_is_ready(plan) else ""
    print(f"\nReady: {before}{command}")


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--config",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="the experiment to judge: files laid over config.yaml, as for snakemake --configfile",
    )
    parser.add_argument("--frameworks", nargs="+", metavar="NAME", help="instead of the config's")
    parser.add_argument("--mirror", metavar="FOLDER_OR_URL", help="instead of the config's data.mirror")
    return parser.parse_args()


def plan_of(args: argparse.Namespace) -> Plan:
    """Read what the user is about to run. Raises UserError, naming the file or option."""
    study = read_config(ROOT / "config.yaml")
    config = dict(study)
    for file in args.config or [QUICKSTART]:
        config.update(read_config(file))
    if args.frameworks:
        config["frameworks"] = args.frameworks
    for key in ("frameworks", "devices", "datasets"):
        if not isinstance(config[key], list):
            raise UserError(f"`{key}` of the config is not a list that the doctor can read: write [a, b]")
    try:
        threads, memory_mb = int(config["threads"]), int(config["memory_mb"])
    except ValueError:
        raise UserError("`threads` and `memory_mb` of the config must be whole numbers") from None
    pairs = [(name, device) for name in config["frameworks"] for device in config["devices"]]
    manifest = read_manifest(ROOT / "resources" / "datasets.yaml")
    datasets = (config if args.config else study)["datasets"]
    configs = [shlex.quote(str(file)) for file in args.config or [QUICKSTART.relative_to(ROOT)]]
    return Plan(
        root=ROOT,
        folder=Path(os.environ.get("TRAINCLOCK_ENVS") or ROOT / ".envs"),
        frameworks=config["frameworks"],
        devices=config["devices"],
        datasets=[manifest[name] for name in datasets if name in manifest],
        threads=threads,
        memory_mb=memory_mb,
        results=config["results"],
        mirror=args.mirror or mirror_of(config) or os.environ.get("TRAINCLOCK_MIRROR", ""),
        environments=environments(pairs),
        isolated=config["environments"] == "isolated",
        gpu=environments([(name, "gpu") for name in config["frameworks"]]),
        asked=bool(args.config),
        snakemake=f".venv/bin/snakemake --cores all --configfile {' '.join(configs)}",
    )


def environments(pairs: Iterable[Tuple[str, str]]) -> List[Environment]:
    """Read the env file of each framework and device, each once. Raises UserError where there is none."""
    files = {}
    for framework, device in pairs:
        special, common = (ROOT / "envs" / f"{name}.yaml" for name in (f"{framework}-{device}", framework))
        file = special if special.exists() else common
        if not file.exists():
            raise UserError(f"`frameworks`: there is no environment for {framework} (envs/{framework}.yaml)")
        files[file] = None
    return [read_environment(file) for file in files]


def results_of(check: Callable, plan: Plan) -> List[Result]:
    """Run one check; its own accident (a full /tmp, ...) must not silence the others."""
    try:
        results = check(plan)
    except OSError as error:
        results = fix(check.__name__.replace("check_", ""), f"could not be checked: {error}")
    return results if isinstance(results, list) else [results]


def wants_colour(stream: TextIO) -> bool:
    """Return whether to write in colour: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def shown(result: Result, colour: bool) -> str:
    """Write a result in one line, the fixes below it."""
    state = f"{result.state:<4}"
    if colour:
        state = f"\033[{COLOURS[result.state]}m{state}\033[0m"
    lines = [f"  {state}  {result.name:<13} {result.message}", *(f"{'':22}-> {way}" for way in result.fixes)]
    return "\n".join(lines)
