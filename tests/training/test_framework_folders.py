"""What the workflow learns from a framework's folder, without importing the framework or NumPy."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from paths import ROOT

from scripts.training.frameworks import registry


def test_tensorflow_reports_the_peak_of_its_gpu_memory(monkeypatch):
    """As TensorFlow would on a machine with a GPU."""
    from scripts.training.frameworks.tensorflow.idiomatic import gpu_peak_memory_mb

    def get_memory_info(device):
        return {"GPU:0": {"current": 1, "peak": 3 * 2**20}}[device]

    experimental = SimpleNamespace(get_memory_info=get_memory_info)
    fake = SimpleNamespace(config=SimpleNamespace(experimental=experimental))
    monkeypatch.setitem(sys.modules, "tensorflow", fake)
    assert gpu_peak_memory_mb("gpu") == 3
    assert gpu_peak_memory_mb("cpu") is None


def test_theano_gets_the_name_of_gcc_from_conda(monkeypatch, tmp_path):
    """Conda's activation sets CXX to ...-c++, for which Theano would not optimise."""
    from scripts.training.frameworks._shared.c_programs import compiler

    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler("x86_64-conda-linux-gnu-c++") == "x86_64-conda-linux-gnu-c++"
    (tmp_path / "x86_64-conda-linux-gnu-g++").touch(0o755)
    assert compiler("x86_64-conda-linux-gnu-c++") == "x86_64-conda-linux-gnu-g++"
    assert compiler("clang++") == "clang++"


@pytest.mark.parametrize("name", ["training.train", "parity.first_steps", "forecast.probe"])
def test_threads_are_set_before_numpy_is_imported(name):
    """Its BLAS starts its threads when it is loaded."""
    done = without_numpy(name)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", registry.names())
def test_every_framework_is_one_folder_and_one_environment_file(name):
    known = registry.framework(name)
    assert (ROOT / "envs" / f"{name}.yaml").exists()
    assert "cpu" in known.devices
    assert "published" in known.settings
    assert "idiomatic" in known.trainers


def test_frameworks_differ_in_name_colour_line_and_marker():
    known = [registry.framework(name) for name in registry.names()]
    for one in ("label", "colour", "line", "marker"):
        assert len({getattr(framework, one) for framework in known}) == len(known)


def test_the_workflow_needs_no_numpy():
    done = without_numpy("workflow.write_experiment")
    assert done.returncode == 0, done.stderr


def test_a_framework_is_described_without_numpy_and_without_itself():
    code = (
        "import sys; hidden = 'numpy torch tensorflow keras theano jax optax pytensor numba paddle';"
        "hidden = [*hidden.split(), 'mxnet', 'chainer', 'cntk'];"
        "sys.modules.update(dict.fromkeys(hidden));"
        "from scripts.training.frameworks import registry; from scripts.analysis import display_names;"
        "print(*map(display_names.framework, [*registry.names(), 'abacus']), sep='\\n')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    labels = [
        "Chainer",
        "CNTK",
        "JAX",
        "Keras (JAX)",
        "Keras (PyTorch)",
        "MXNet",
        "PaddlePaddle",
        "PyTensor",
        "PyTorch",
    ]
    labels += ["TensorFlow", "Theano", "abacus"]
    assert done.stdout.splitlines() == labels, done.stderr


def without_numpy(module):
    """Import a module where there is no NumPy."""
    code = f"import sys; sys.modules['numpy'] = None; import scripts.{module}"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
