"""Ask a vulnerability service about every package that is pinned, with pip-audit.

Exit status 1 if there is a known vulnerability in a pin that resources/audit.yaml does not accept.
"""

import argparse
import json
import subprocess
import tempfile
import tomllib
from pathlib import Path

import yaml

from scripts.core.errors import UserError
from scripts.core.paths import ROOT
from scripts.environments.env_file import read_environment

SERVICE = "https://api.osv.dev/v1/query"


def pins_of(file):
    """The pins, name==version[; marker], of an env file or pyproject.toml."""
    if file.suffix == ".toml":
        return tomllib.loads(file.read_text())["tool"]["uv"]["constraint-dependencies"]
    return read_environment(file).pip


def ask(pip_audit, service, file):
    """[(name==version, ids, versions that mend it)] of a file's vulnerable pins. Raises UserError."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder, "pins.txt")
        pins.write_text("\n".join(pins_of(file)))
        command = [pip_audit, "--requirement", pins, "--no-deps", "--disable-pip"]
        command += ["--vulnerability-service", "osv", "--osv-url", service]
        command += ["--format", "json", "--progress-spinner", "off"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except (KeyError, ValueError):
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise UserError(
            f"nothing was audited: pip-audit got no answer about {shown(file)} from {service}, which must be"
            f" reachable for `make audit` ({last[:200]})"
        ) from None
    return [
        (f"{item['name']}=={item['version']}", names(weakness), weakness["fix_versions"])
        for item in answers
        for weakness in item.get("vulns", [])
    ]


def names(weakness):
    return ", ".join([weakness["id"], *weakness["aliases"]])


def shown(file):
    return file.resolve().relative_to(ROOT).as_posix()


def main():
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
        found = ask(args.pip_audit.resolve(), args.service, file)
        print(f"{shown(file)}: {len(pins_of(file))} packages, {len(found)} known vulnerabilities")
        for pin, ids, mended in found:
            reason = reasons.get(pin.lower())
            bad += reason is None
            way = f"accepted: {reason}" if reason else f"mended in {', '.join(mended) or 'no version yet'}"
            print(f"  {pin}: {ids}; {way}")
    if bad:
        raise UserError(
            f"{bad} known vulnerabilities that resources/audit.yaml does not accept: raise the pins (`make"
            " lock`), or write the reason there"
        )
