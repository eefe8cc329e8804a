"""Validate a folder as an RO-Crate, for tests, in the environment of envs/crate.yaml:

    python validate_crate.py FOLDER PROFILE SEVERITY

prints the messages of all issues as JSON. There is no network: the one context that our crates name is served
from the copy of a later version that the library `rocrate` brings along, with the terms that differ in 1.1.
"""

import io
import json
import sys
from importlib.resources import files

from requests import adapters
from rocrate_validator import services
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
BIOSCHEMAS = "https://bioschemas.org"
DIFFERENT = {
    "ComputationalWorkflow": f"{BIOSCHEMAS}/ComputationalWorkflow",
    "FormalParameter": f"{BIOSCHEMAS}/FormalParameter",
    "input": f"{BIOSCHEMAS}/ComputationalWorkflow#input",
    "output": f"{BIOSCHEMAS}/ComputationalWorkflow#output",
}


def context():
    """Return the context of RO-Crate 1.1."""
    content = json.loads(files("rocrate").joinpath("data/ro-crate.jsonld").read_text())
    content["@context"].update(DIFFERENT)
    return json.dumps(content).encode()


def send(self, request, **_):
    """Answer as the network would."""
    known = request.url == CONTEXT
    body = context() if known else b""
    raw = HTTPResponse(
        io.BytesIO(body),
        headers={"Content-Type": "application/ld+json"},
        status=200 if known else 404,
        preload_content=False,
    )
    return self.build_response(request, raw)


def main():
    adapters.HTTPAdapter.send = send
    folder, profile, severity = sys.argv[1:]
    settings = {
        "rocrate_uri": folder,
        "profile_identifier": profile,
        "requirement_severity": severity,
        "no_cache": True,
    }
    issues = services.validate(settings).get_issues()
    print(json.dumps([f"{issue.check.identifier}: {issue.message}" for issue in issues]))


main()
