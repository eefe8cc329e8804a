"""What an environment cannot be made from is reported in one message, and a made one is not made again."""

import errno
import os
import subprocess
import sys
import threading
import tomllib

import pytest
import yaml
from commands import call
from paths import ROOT

from scripts.core.errors import UserError
from scripts.environments import build, env_file
from scripts.environments.build import without_hash
from scripts.environments.doctor.programs import find_interpreter
from scripts.environments.env_file import is_current, read_environment, search_path

SCRIPT = ROOT / "scripts", "environment"
SMALL = """channels: [conda-forge, nodefaults]
dependencies:
  - python={python}
  - pip
{more}  - pip:
      - six==1.17.0
"""


def write(folder, python=f"{sys.version_info[0]}.{sys.version_info[1]}", more=""):
    file = folder / "small.yaml"
    file.write_text(SMALL.format(python=python, more=more))
    return file


def make(file, **environ):
    command = [sys.executable, *SCRIPT, "--folder", file.parent / "made", file]
    return call(*command, env={**os.environ, **environ})


@pytest.mark.parametrize("file", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda f: f.stem)
def test_every_package_of_our_files_is_pinned(file):
    environment = read_environment(file)
    assert environment.python.count(".") == 1
    assert all("==" in requirement for requirement in environment.pip)
    assert not any("pin.txt" in path.name for path in file.parent.iterdir())
    text = file.read_text()
    assert "conda-forge\n  - nodefaults\n" in text


def test_a_missing_compiler_is_named_with_ways_out(tmp_path):
    file = write(tmp_path, more="  - cxx-compiler\n")
    done = make(file, PATH=str(tmp_path), CXX="")
    assert done.returncode == 1
    for part in ("g++ is not on PATH", "apt install g++", "--use-conda", "leave small out"):
        assert part in done.stdout
    assert "Traceback" not in done.stdout


def test_a_missing_interpreter_is_named_with_ways_out(tmp_path):
    file = write(tmp_path, python="3.4")
    done = make(file, UV_PYTHON_DOWNLOADS="never")
    assert done.returncode == 1
    for part in ("Python 3.4 is needed for small", "pyenv install 3.4", "--use-conda"):
        assert part in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "made" / "small" / "trainclock.json").exists()


def test_a_conda_package_that_uv_cannot_bring_is_named(tmp_path):
    done = make(write(tmp_path, more="  - openmpi\n"))
    assert done.returncode == 1
    assert "conda package openmpi" in done.stdout


def test_what_builds_packages_is_no_package_of_conda_that_uv_lacks(tmp_path):
    file = write(tmp_path, more="  - setuptools=59.8.0\n  - wheel\n")
    environment = read_environment(file)
    assert (environment.conda, environment.builders) == ([], ["setuptools==59.8.0"])
    assert "small is ready" in make(file).stdout


def test_what_is_installed_for_a_python_that_uv_cannot_compile_for_is_compiled(tmp_path):
    """Imports of that environment would otherwise cost more than those of others."""
    if not find_interpreter("3.6"):
        pytest.skip("there is no Python 3.6 on this machine")
    done = make(write(tmp_path, python="3.6"))
    assert "small is ready" in done.stdout, done.stdout
    assert list((tmp_path / "made" / "small" / "lib").rglob("six.cpython-36.pyc"))


@pytest.mark.parametrize(("python", "uv_too"), [("3.6", False), ("3.12", True)])
def test_ways_to_install_a_python_are_those_that_work(python, uv_too):
    ways = build.ways_to_install(python)
    assert f"`{env_file.pyenv_command(python)}`" in ways and ("uv python install" in ways) == uv_too


@pytest.mark.slow
def test_a_package_of_old_source_is_built_by_uv_and_by_the_pip_that_conda_brings(tmp_path):
    """Chainer's source asks for pkg_resources, which the setuptools of today does not have any more."""
    ours = ROOT / "envs" / "chainer.yaml"
    file = write(tmp_path, python="3.11", more="  - setuptools=59.8.0\n")
    file.write_text(file.read_text().replace("six==1.17.0", "chainer==7.8.1"))
    assert "small is ready" in make(file).stdout
    packages = [part for part in yaml.safe_load(ours.read_text())["dependencies"] if isinstance(part, str)]
    python, *others = (package.replace("=", "==") for package in packages)
    assert python == "python==3.11"
    uv, folder, environ = build.find_uv(), tmp_path / "conda", {**os.environ, "PATH": search_path("3.11")}
    assert call(uv, "venv", "--python", "3.11", folder, env=environ).returncode == 0
    assert call(uv, "pip", "install", "--python", folder, *others, env=environ).returncode == 0
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--no-cache-dir", "--no-deps"]
    done = call(*pip, "chainer==7.8.1", env=environ)
    assert done.returncode == 0, done.stdout


def test_a_file_without_python_is_named(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text("dependencies:\n  - pip\n")
    with pytest.raises(UserError, match=r"small\.yaml: needs `python=X\.Y`"):
        read_environment(file)


@pytest.mark.parametrize("found_by", ["PYENV_ROOT", "HOME", "shims"])
def test_pyenv_comes_first_on_the_path(tmp_path, monkeypatch, found_by):
    root, path = tmp_path / ".pyenv", "/somewhere"
    for version in ("3.8.2", "3.8.18", "3.9.1"):
        (root / "versions" / version / "bin").mkdir(parents=True)
    monkeypatch.setenv("PYENV_ROOT", str(root) if found_by == "PYENV_ROOT" else "")
    monkeypatch.setenv("HOME", str(tmp_path) if found_by == "HOME" else "/none")
    if found_by == "shims":  # uv does not take them for interpreters
        path = os.pathsep.join(["/somewhere", str(root / "shims")])
    monkeypatch.setenv("PATH", path)
    assert search_path("3.8").split(os.pathsep) == [
        *(str(root / "versions" / version / "bin") for version in ("3.8.18", "3.8.2")),
        *path.split(os.pathsep),
    ]


def test_made_once_and_again_when_the_file_changes(tmp_path):
    file = write(tmp_path)
    first, second = make(file), make(file)
    assert "small is ready" in first.stdout, first.stdout
    assert second.stdout == ""
    file.write_text(file.read_text().replace("1.17.0", "1.16.0"))
    assert "small is ready" in make(file).stdout


def test_variables_that_change_what_uv_installs_are_not_heeded(tmp_path, monkeypatch):
    settings = {"UV_CONSTRAINT": "/none", "UV_OVERRIDE": "/none", "UV_EXCLUDE_NEWER": "2010-01-01"}
    for name, value in {**settings, "UV_REQUIRE_HASHES": "1", "UV_PROJECT": "/none"}.items():
        monkeypatch.setenv(name, value)
    done = make(write(tmp_path))
    assert "small is ready" in done.stdout, done.stdout


def both_at_once(files, **environ):
    """What two processes say that make environments at the same time."""
    started = [
        subprocess.Popen(
            [sys.executable, *SCRIPT, "--folder", file.parent / "made", file],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environ},
        )
        for file in files
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    return said


def test_two_at_once_make_a_shared_environment_once(tmp_path):
    file = write(tmp_path)
    assert "".join(both_at_once([file, file])).count("small is ready") == 1


def test_two_folders_fill_one_empty_cache_of_uv_at_the_same_time(tmp_path):
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files.append(write(tmp_path / name))
    both_at_once(files, UV_CACHE_DIR=str(tmp_path / "cache"))
    for file in files:
        python = file.parent / "made" / "small" / "bin" / "python"
        assert call(python, "-c", "import six; print(six.__version__)").stdout == "1.17.0\n"


@pytest.fixture
def four(tmp_path):
    """Four env files, read, of which nothing is made yet."""
    names = ("one", "two", "three", "four")
    for name in names:
        (tmp_path / f"{name}.yaml").write_text(SMALL.format(python="3.12", more=""))
    return [read_environment(tmp_path / f"{name}.yaml") for name in names]


def make_python(environment, folder, log):
    """What uv would leave behind, as far as it is looked at."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()


def test_several_environments_are_made_at_a_time(tmp_path, monkeypatch, capsys, four):
    together = threading.Barrier(build.AT_ONCE, timeout=30)  # none goes on before so many have begun

    def meet(environment, folder, log):
        if environment is not four[-1]:
            together.wait()
        make_python(environment, folder, log)

    monkeypatch.setattr(build, "build", meet)
    build.ensure_all(four, tmp_path / "made")
    assert all(is_current(environment, tmp_path / "made") for environment in four)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[:2] for line in lines) == [
        *[["Environment", name] for name in ("four", "one", "three", "two")],
        *[["Making", "the"]] * 4,
    ]


def test_one_that_fails_is_named_what_is_being_made_is_finished_and_nothing_is_begun(
    tmp_path, monkeypatch, capsys, four
):
    begun, failed = threading.Event(), threading.Event()

    def fail_first(environment, folder, log):
        if environment.name == "one":
            assert begun.wait(30)
            raise UserError("one cannot be made")
        begun.set()
        assert failed.wait(30)
        make_python(environment, folder, log)

    def report(line):
        print(line)
        failed.set() if line.startswith("An environment failed") else None

    monkeypatch.setattr(build, "AT_ONCE", 2)
    monkeypatch.setattr(build, "build", fail_first)
    monkeypatch.setattr(build, "report", report)
    with pytest.raises(UserError, match=r"^one cannot be made$"):
        build.ensure_all(four, tmp_path / "made")
    assert "An environment failed; finishing two before the reason follows" in capsys.readouterr().out
    assert [is_current(environment, tmp_path / "made") for environment in four] == [False, True, False, False]


def test_a_package_without_hash_is_named_with_the_command_that_writes_it(tmp_path):
    file = write(tmp_path)
    (tmp_path / "hashes").mkdir()
    (tmp_path / "hashes" / "small.txt").write_text(f"six==1.16.0 \\\n    --hash=sha256:{'0' * 64}\n")
    done = make(file)
    assert done.returncode == 1
    assert "envs/small.yaml pins six==1.17.0, of which envs/hashes/small.txt has no hash" in done.stdout
    assert "scripts lock --hashes envs/small.yaml" in done.stdout
    assert not (tmp_path / "made" / "small").exists()


def test_a_package_with_another_hash_is_not_installed(tmp_path):
    """What a hijacked index would hand out under the same name and version."""
    file = write(tmp_path)
    (tmp_path / "hashes").mkdir()
    (tmp_path / "hashes" / "small.txt").write_text(f"six==1.17.0 \\\n    --hash=sha256:{'0' * 64}\n")
    done = make(file)
    assert done.returncode == 1
    assert "the packages of envs/small.yaml could not be installed" in done.stdout
    assert "Hash mismatch for `six==1.17.0`" in done.stdout
    assert "Traceback" not in done.stdout
    assert not list((tmp_path / "made").rglob("six.py"))
    assert not (tmp_path / "made" / "small" / "trainclock.json").exists()
    locked = (ROOT / "envs" / "hashes" / "theano.txt").read_text()  # which has six 1.17.0, too
    (tmp_path / "hashes" / "small.txt").write_text(locked)
    assert "small is ready" in make(file).stdout


@pytest.mark.parametrize(
    "file",
    [file for file in (ROOT / "envs").glob("*.yaml") if file.stem != "analysis"],
    ids=lambda file: file.stem,
)
def test_every_pin_of_our_files_has_a_hash(file):
    environment = read_environment(file)
    assert environment.hashes.exists()
    assert without_hash(environment.pip, environment.hashes) == []


def test_every_pin_of_the_workflows_own_environment_has_a_hash():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["tool"]["uv"]["constraint-dependencies"],
        *read_environment(ROOT / "envs" / "analysis.yaml").pip,
    ]
    assert without_hash(pins, ROOT / "envs" / "hashes" / "workflow.txt") == []


def test_a_file_system_without_locks_is_named_and_stops_nothing(tmp_path, monkeypatch, capsys):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(build.fcntl, "flock", no_locks)
    with build.locked(tmp_path / ".small.lock"):
        pass
    assert f"{tmp_path}/.small.lock: No locks available; let no other experiment" in capsys.readouterr().out
