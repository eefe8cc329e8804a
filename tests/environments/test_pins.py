"""Env files pin everything that is installed, and nothing else; `make lock` keeps them so."""

import json
import re
import shutil
import sys
import tomllib

import pytest
import yaml
from commands import call
from concerned import to_try
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from paths import ENVIRONMENTS, ROOT
from pins import chosen, pins

from scripts.environments.doctor import addresses, network
from scripts.environments.env_file import find_uv, read_environment
from scripts.environments.lock import MARKER, locked_environment, name_of

FILES = sorted((ROOT / "envs").glob("*.yaml"))
# The wheel of cntk 2.7.post2 says that it installs 2.7.
INSTALLED_AS = {"cntk": {"cntk": "2.7"}}
FRAMEWORKS = sorted({"tensorflow", "pytorch", "theano", *to_try()})


def env_file(name):
    return ROOT / "envs" / f"{name}.yaml"


def names(text):
    """Names of the pip requirements in (part of) an env file, as they stand there."""
    requirements = [line.strip()[2:].strip('"') for line in text.splitlines() if "==" in line]
    return [canonicalize_name(Requirement(requirement).name) for requirement in requirements]


def installed(interpreter):
    done = call(find_uv(), "pip", "list", "--quiet", "--format", "json", "--python", interpreter)
    assert done.returncode == 0, done.stdout
    return {canonicalize_name(item["name"]): item["version"] for item in json.loads(done.stdout)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_conda_takes_all_from_conda_forge(file):
    assert yaml.safe_load(file.read_text())["channels"] == ["conda-forge", "nodefaults"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_direct_pins_are_not_repeated_in_the_closure(file):
    direct, marker, closure = file.read_text().partition(MARKER)
    assert marker and names(direct) and names(closure)
    assert not set(names(direct)) & set(names(closure))
    assert len(names(direct)) == len(set(names(direct)))


@pytest.fixture(scope="module")
def made():
    """The environments of the frameworks; made only where they are missing or their file has changed."""
    command = [sys.executable, ROOT / "scripts", "environment", "--folder", ENVIRONMENTS]
    done = call(*command, *map(env_file, FRAMEWORKS))
    assert done.returncode == 0, done.stdout
    return ENVIRONMENTS


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.slow
def test_an_environment_has_what_its_file_pins_and_nothing_else(made, framework):
    interpreter = made / framework / "bin" / "python"
    python = call(interpreter, "-c", "import platform; print(platform.python_version())").stdout.strip()
    assert python.startswith(read_environment(env_file(framework)).python + ".")
    assert installed(interpreter) == {**pins(env_file(framework), python), **INSTALLED_AS.get(framework, {})}


def test_the_workflows_own_environment_has_the_pins_of_the_analysis():
    python = ".".join(map(str, sys.version_info[:3]))
    assert pins(env_file("analysis"), python).items() <= installed(sys.executable).items()


def test_the_workflows_own_environment_has_what_pyproject_pins():
    """Whatever else a user has put into .venv, nothing of ours has another version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    python = ".".join(map(str, sys.version_info[:3]))
    there = installed(sys.executable)
    direct = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    assert chosen(direct, python).items() <= there.items()
    locked = chosen(project["tool"]["uv"]["constraint-dependencies"], python)
    assert {name: there[name] for name in locked if name in there} == {
        name: version for name, version in locked.items() if name in there
    }


@pytest.mark.parametrize(
    "special", [file for file in FILES if file.stem.endswith("-gpu")], ids=lambda file: file.stem
)
def test_a_framework_is_the_same_on_the_gpu(special):
    """The same Python and versions as on the CPU, and NVIDIA's libraries."""
    common = env_file(special.stem.removesuffix("-gpu"))
    assert read_environment(special).python == read_environment(common).python
    cpu = {name.removesuffix("-cpu"): version for name, version in pins(common).items()}
    gpu = pins(special)
    assert cpu.items() <= gpu.items()
    assert all(name.startswith(("nvidia-", "jax-cuda")) for name in gpu.keys() - cpu.keys())
    assert any(name.startswith("nvidia-cudnn-cu") for name in gpu)


@pytest.fixture
def index():
    silent = addresses.ask([network.address(index) for index in addresses.uv_indexes()])
    if all(silent.values()):
        pytest.skip(f"no package index can be reached: {silent}")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ruamel.yaml.clib", "Ruamel_Yaml.CLIB"])
def test_a_direct_pin_is_not_locked_again_under_another_spelling(index, tmp_path, name):
    file = tmp_path / "made-up.yaml"
    pip = f"      - {name}==0.2.8\n      - six==1.17.0\n      {MARKER}\n"
    file.write_text(f"dependencies:\n  - python=3.12\n  - pip\n  - pip:\n{pip}")
    assert locked_environment(file, constraints=(), keep=False) == file.read_text()
    assert name_of(name) == "ruamel-yaml-clib"


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_an_edited_direct_pin_is_noticed(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "envs").mkdir()
    file = tmp_path / "envs" / "theano.yaml"
    shutil.copy(env_file("theano"), file)

    def lock(*options):
        return call(sys.executable, "scripts", "lock", *options, "envs/theano.yaml", cwd=tmp_path)

    # Locked first: a package that was released since would be noticed, too.
    done = lock()
    assert done.returncode == 0, done.stdout
    before = file.read_text()
    edited = re.sub(r"- mkl==.*", "- mkl==2024.1.0", before)
    assert edited != before
    file.write_text(edited)
    done = lock("--check")
    assert done.returncode == 1
    assert "not locked: envs/theano.yaml; run `make lock`" in done.stdout
    assert file.read_text() == edited
