"""`make audit`, with a vulnerability service on loopback that speaks OSV's language."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from commands import call
from paths import ENVIRONMENTS, ROOT

from scripts.environments import audit

THEANO, ANALYSIS = ROOT / "envs" / "theano.yaml", ROOT / "envs" / "analysis.yaml"


@pytest.fixture(scope="module")
def pip_audit():
    command = [sys.executable, ROOT / "scripts", "environment", "--folder", ENVIRONMENTS]
    done = call(*command, ROOT / "envs" / "audit.yaml")
    assert done.returncode == 0, done.stdout
    return ENVIRONMENTS / "audit" / "bin" / "pip-audit"


class Osv(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        self.server.asked.append(f"{name}=={asked['version']}")
        answer = {"vulns": [self.server.known[name]]} if name in self.server.known else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def weakness(name, number, *events):
    package = {"name": name, "ecosystem": "PyPI"}
    affected = {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}
    return {"id": f"MADE-UP-{number}", "aliases": [], "summary": "x", "affected": [affected]}


@pytest.fixture
def service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    server.asked, server.known = [], {}
    server.url = f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(pip_audit, url, *files):
    command = [sys.executable, ROOT / "scripts", "audit", "--pip-audit", pip_audit, "--service", url]
    return subprocess.run(
        [str(part) for part in (*command, *files)], capture_output=True, text=True, check=False
    )


def test_a_vulnerability_is_named_and_an_accepted_one_shown_with_its_reason(pip_audit, service):
    service.known["numpy"] = weakness("numpy", 1, {"introduced": "0"}, {"fixed": "1.22.0"})
    done = run(pip_audit, service.url, THEANO)
    assert done.returncode == 0, done.stderr
    assert "  numpy==1.21.6: MADE-UP-1; accepted: Theano 1.0.5 asks NumPy for" in done.stdout
    service.known["pyyaml"] = weakness("pyyaml", 2, {"introduced": "0"}, {"fixed": "7.0"})
    done = run(pip_audit, service.url, THEANO)
    assert done.returncode == 1
    assert "  pyyaml==6.0.3: MADE-UP-2; fixed in 7.0" in done.stdout
    assert done.stderr.startswith("error: 1 known vulnerabilities that resources/audit.yaml does not accept")


def test_every_pin_is_asked_for(pip_audit, service):
    done = run(pip_audit, service.url, THEANO)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "envs/theano.yaml: 15 packages, 0 known vulnerabilities\n"
    assert sorted(service.asked) == sorted(pin.lower() for pin in audit.pins_of(THEANO))


def test_a_service_that_cannot_be_reached_is_one_message(pip_audit):
    done = run(pip_audit, "http://127.0.0.1:9/v1/query", THEANO)
    assert done.returncode == 1 and done.stdout == ""
    (message,) = done.stderr.splitlines()
    assert message.startswith("error: nothing was audited: pip-audit got no answer about envs/theano.yaml")
    assert "http://127.0.0.1:9/v1/query, which must be reachable for `make audit`" in message


def test_only_what_is_pinned_is_accepted_and_each_has_a_reason():
    accepted = yaml.safe_load((ROOT / "resources" / "audit.yaml").read_text())
    for name, reasons in accepted.items():
        assert set(reasons) <= set(audit.pins_of(ROOT / name))
        assert all(isinstance(reason, str) and len(reason) > 15 for reason in reasons.values())
