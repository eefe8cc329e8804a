"""The contract of a framework module, tried for each framework inside its own environment."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml
from concerned import to_try
from paths import ROOT
from promises import check_layers, check_promises, check_read_back

from scripts.core.training_spec import training_of
from scripts.training.frameworks import registry
from scripts.training.machine import nvml

TRAINERS = [(name, way) for name in to_try() for way in registry.framework(name).trainers]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SHAPES = {"letter": (16,), "digits": (8, 8, 1)}
WITHOUT_LAYERS = ("jax", "pytensor")  # which are functions of arrays
# Of other libraries than NumPy, whose OpenBLAS is in every environment.
BOTH = ["OpenMP", "MKL"]
POOLS = {"tensorflow": [], "pytorch": BOTH, "theano": BOTH, "jax": [], "pytensor": BOTH}
POOLS |= {"keras_jax": [], "keras_torch": BOTH, "paddle": BOTH, "mxnet": ["OpenMP"], "chainer": []}
POOLS["cntk"] = BOTH
# PyTorch's one environment serves CPU and GPU: where there is a GPU, it is tried on it, too.
PLACES = [(*pair, "cpu") for pair in TRAINERS]
PLACES += [(*pair, "gpu") for pair in TRAINERS if pair[0] == "pytorch" and nvml.find()]


@pytest.fixture(scope="module")
def contract(tmp_path_factory, environments):
    """Function of a framework's name and a device: what contract.py found in its environment."""
    config = tmp_path_factory.mktemp("contract") / "config.json"
    training = {
        settings: {dataset: training_of(CONFIG, settings, dataset) for dataset in CONFIG["training"]}
        for settings in ("published", "matched")
    }
    config.write_text(json.dumps({"networks": CONFIG["networks"], "training": training}))
    found = {}

    def of(name, device="cpu"):
        if (name, device) not in found:
            python = environments / name / "bin" / "python"
            command = [python, ROOT / "tests" / "support" / "contract.py", name, config, device]
            found[name, device] = subprocess.run(command, capture_output=True, text=True, check=False)
        done = found[name, device]
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return of


@pytest.mark.parametrize("dataset", ["digits", "letter"])
@pytest.mark.parametrize("settings", ["published", "matched"])
@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_contract(contract, place, settings, dataset):
    name, implementation, device = place
    found = contract(name, device)[f"{implementation} {settings} {dataset}"]
    check_promises(found, CONFIG["networks"][dataset], device)


@pytest.mark.parametrize("dataset", ["digits", "letter"])
@pytest.mark.parametrize("settings", ["published", "matched"])
@pytest.mark.parametrize("name", to_try())
def test_a_library_lists_what_it_made_of_each_layer(contract, name, settings, dataset):
    found = contract(name)[f"idiomatic {settings} {dataset}"]["layers"]
    if name in WITHOUT_LAYERS:
        assert found == []
    else:
        check_layers(found, CONFIG["networks"][dataset]["layers"], SHAPES[dataset])


@pytest.mark.parametrize("dataset", ["digits", "letter"])
def test_matched_trainers_begin_with_the_same_network(contract, dataset):
    """The same weights give the same probabilities, and the same rows in the same order nearly the same
    losses: only dropout's masks differ."""
    found = [contract(name)[f"{way} matched {dataset}"] for name, way in TRAINERS]
    for other in found[1:]:
        np.testing.assert_allclose(other["before"], found[0]["before"], rtol=1e-4, atol=1e-6)


def test_a_captured_step_of_pytorch_is_the_eager_one(environments):
    """Also with a falling rate and momentum, where it rescales the velocity by itself, and after steps that
    are taken back, whatever an optimiser's state begins with."""
    python = environments / "pytorch" / "bin" / "python"
    done = subprocess.run(
        [python, ROOT / "tests" / "support" / "graphed.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("apart") > 1e-3, "the two settings do the same here: nothing is tested"
    assert len(found) == 4 * (3 + 5)  # ways of SGD, other optimisers
    for which, difference in found.items():  # the rate is a float32
        assert difference["weights"] < 1e-7, which
        assert difference["loss"] < 1e-6, which


@pytest.mark.framework("jax")
def test_the_forms_of_tuned_jax_are_the_same_mathematics(environments):
    """An epoch as one program on a GPU, and a kernel's gradient in parts of which the last is smaller; and no
    step is compiled within the clock."""
    command = [environments / "jax" / "bin" / "python", ROOT / "tests" / "support" / "jax_forms.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("late_Idiomatic") == found.pop("late_Tuned") == 0
    assert found.keys() == {"epoch", "kernel"}
    assert max(found.values()) < 1e-12, found


@pytest.mark.parametrize("name", to_try())
def test_the_calibration_multiplies_the_matrices(contract, name):
    assert contract(name)["product_error"] < 1e-4


@pytest.mark.skipif(sys.platform != "linux", reason="pools are asked on Linux only")
@pytest.mark.parametrize(("name", "pools"), [(name, POOLS[name]) for name in to_try()])
def test_every_pool_in_the_process_reports_the_threads_it_was_given(contract, name, pools):
    """Also NumPy's, which every framework's environment has. PaddlePaddle has no call that gives its own."""
    reported = contract(name)["idiomatic published digits"]["facts"]["threads_reported"]
    assert reported == (None if name == "paddle" else 2)
    assert contract(name)["pools"] == dict.fromkeys([*pools, "OpenBLAS"], 2)


@pytest.mark.parametrize(("name", "implementation"), TRAINERS)
def test_what_was_asked_for_is_read_back(contract, name, implementation):
    check_read_back(contract(name)[f"{implementation} published digits"])


# With one thread: what flat_areas.py trains with both implementations, and the threads that there are then.
THREADS = """
import os, sys
sys.path.insert(0, "tests/support")
import flat_areas
from scripts.training.frameworks import registry
registry.module("cntk").set_up(1, "cpu")
rows, weights = flat_areas.rows(), flat_areas.weights(flat_areas.LAYERS)
arrays = (rows[0].astype("float32"), rows[1], weights)
flat_areas.steps("cntk", flat_areas.LAYERS, flat_areas.SHAPE, arrays, flat_areas.TRAINING, count=2)
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.framework("cntk")
def test_cntk_has_no_more_threads_than_it_was_given(environments):
    """OMP_NUM_THREADS alone leaves it a second one, which waits in a loop (findings/cntk-one-thread.sh)."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    done = subprocess.run(
        [environments / "cntk/bin/python", "-c", THREADS],
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(names, "1"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "1"


# As the user's own settings would change them: precision, epsilon and backend of Keras, and one more.
KEPT = {
    "tensorflow": "float32 1e-07 tensorflow channels_last False",
    "keras_jax": "float32 1e-07 jax channels_last False",
    "keras_torch": "float32 1e-07 torch channels_last False",
    "theano": "float32 1e-07 theano o4",
    "cntk": "float32 1e-07 cntk",
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.framework(name)) for name in KEPT])
def test_the_users_own_settings_of_keras_and_theano_change_nothing(environments, tmp_path, name):
    (tmp_path / ".keras").mkdir()
    config = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first", "backend": "jax"}
    config["nnx_enabled"] = True  # read on JAX alone
    (tmp_path / ".keras/keras.json").write_text(json.dumps(config))
    (tmp_path / ".theanorc").write_text("[global]\noptimizer = None\n")
    code = (
        "import sys; from scripts.training.frameworks import registry;"
        "name = sys.argv[1]; registry.module(name).set_up(1, 'cpu');"
        "from keras import backend as K; print(K.floatx(), K.epsilon(), K.backend());"
        "name == 'theano' and print(__import__('theano').config.optimizer);"
        "name in ('theano', 'cntk')"
        " or print(K.image_data_format(), __import__('keras').config.is_nnx_enabled())"
    )
    done = subprocess.run(
        [environments / name / "bin/python", "-c", code, name],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path), "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == KEPT[name].split()


@pytest.mark.framework("theano")
def test_theano_has_a_real_blas_and_openmp(contract):
    facts = contract("theano")["idiomatic published digits"]["facts"]
    assert "mkl" in facts["blas"]
    assert facts["openmp"]
    assert "g++" in facts["compiler"]


@pytest.mark.framework("pytensor")
def test_pytensor_compiles_images_in_c_when_tuned_and_all_else_by_numba(contract):
    facts = {name: found["facts"] for name, found in contract("pytensor").items() if " published " in name}
    in_c = facts.pop("tuned published digits")
    assert in_c["compile"].startswith("C,")
    assert "mkl" in in_c["blas"]
    assert "g++" in in_c["compiler"]
    assert [found["compile"] for found in facts.values()] == ["Numba"] * 3


@pytest.mark.framework("pytensor")
def test_the_users_own_settings_of_pytensor_change_nothing(environments, tmp_path):
    (tmp_path / ".pytensorrc").write_text("[global]\noptimizer = None\nbase_compiledir = /proc/nowhere\n")
    code = (
        "from scripts.training.frameworks import registry; registry.module('pytensor').set_up(1, 'cpu');"
        "from pytensor import config;"
        "print(config.floatX, config.optimizer, config.base_compiledir.parts[-2:])"
    )
    done = subprocess.run(
        [environments / "pytensor/bin/python", "-c", code],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if name not in ("CXX", "XDG_CACHE_HOME")},
            "HOME": str(tmp_path),
            "PYTENSOR_FLAGS": "floatX=float64,linker=py",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "float32 o4 ('trainclock', 'pytensor')"
