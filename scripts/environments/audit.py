"""Ask a vulnerability service about every package that is pinned, with pip-audit.

Exit status 1 if there is a known vulnerability in a pin that resources/audit.yaml does not accept.
"""

import argparse
import json
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.core.errors import UserError
from scripts.core.paths import ROOT
from scripts.environments.env_file import read_environment

SERVICE = "https://api.osv.dev/v1/query"


def pins_of(file: Path) -> list[str]:
    """Read the pins, name==version[; marker], of an env file or pyproject.toml."""
    if file.suffix == ".toml":
        return tomllib.loads(file.read_text())["tool"]["uv"]["constraint-dependencies"]
    return read_environment(file).pip


@dataclass(frozen=True)
class Vulnerability:
    """A pin, name==version, with a known vulnerability: its ids, and the versions that fix it."""

    pin: str
    ids: str
    fixed_in: list[str]


def ask(pip_audit: Path, service: str, file: Path) -> list[Vulnerability]:
    """Ask the service about all pins of a file. Raises UserError if it does not answer."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder, "pins.txt")
        pins.write_text("\n".join(pins_of(file)))
        command = [pip_audit, "--requirement", pins, "--no-deps", "--disable-pip"]
        command += ["--vulnerability-service", "osv", "--osv-url", service]
        command += ["--format", "json", "--progress-spinner", "off"]
        finished = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    try:
        answers = json.loads(finished.stdout)["dependencies"]
    except (KeyError, ValueError):
        last = (finished.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise UserError(
            f"nothing was audited: pip-audit got no answer about {shown(file)} from {service}, which must be"
            f" reachable for `make audit` ({last[:200]})"
        ) from None
    return [
        Vulnerability(f"{item['name']}=={item['version']}", names(weakness), weakness["fix_versions"])
        for item in answers
        for weakness in item.get("vulns", [])
    ]


def names(weakness: dict[str, Any]) -> str:
    """Write all ids of a vulnerability in pip-audit's answer."""
    return ", ".join([weakness["id"], *weakness["aliases"]])


def shown(file: Path) -> str:
    """Write the path of a file as it lies in the checkout."""
    return file.resolve().relative_to(ROOT).as_posix()


def main() -> None:
    """Audit the files that the command line names. Raises UserError for what is not accepted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="default: pyproject.toml and all of envs/"
    )
    parser.add_argument("--pip-audit", type=Path, required=True, metavar="PROGRAM")
    parser.add_argument("--service", default=SERVICE, metavar="URL", help=f"default: {SERVICE}")
    args = parser.parse_args()
    files = args.files or [ROOT / "pyproject.toml", *sorted((ROOT / "envs").glob("*.yaml"))]
    accepted = yaml.safe_load((ROOT / "resources" / "audit.yaml").read_text())
    bad = 0
    for file in files:
        reasons = {pin.lower(): reason for pin, reason in accepted.get(shown(file), {}).items()}
        vulnerabilities = ask(args.pip_audit.resolve(), args.service, file)
        print(f"{shown(file)}: {len(pins_of(file))} packages, {len(vulnerabilities)} known vulnerabilities")
        for vulnerability in vulnerabilities:
            reason = reasons.get(vulnerability.pin.lower())
            bad += reason is None
            fixed = f"fixed in {', '.join(vulnerability.fixed_in) or 'no version yet'}"
            print(f"  {vulnerability.pin}: {vulnerability.ids}; {f'accepted: {reason}' if reason else fixed}")
    if bad:
        raise UserError(
            f"{bad} known vulnerabilities that resources/audit.yaml does not accept: raise the pins (`make"
            " lock`), or write the reason there"
        )
