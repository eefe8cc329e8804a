"""The contract of a framework module, tried for each framework inside its own environment."""

import json
import os
import subprocess
import sys
from typing import get_args

import flat_areas
import numpy as np
import optimizer_facts
import optimizer_probe
import pytest
import small_networks
import yaml
from concerned import to_try
from paths import ROOT
from promises import check_promises, check_read_back

from scripts.core.training_spec import training_of
from scripts.parity import numpy_layers, numpy_optimizers, reference
from scripts.training.frameworks import registry
from scripts.training.machine import nvml
from scripts.workflow.config.of_networks import LastActivation, Layer, Matched

TRAINERS = [(name, way) for name in to_try() for way in registry.framework(name).trainers]
MATCHED = [name for name in to_try() if "matched" in registry.framework(name).settings]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
# Of other libraries than NumPy, whose OpenBLAS is in every environment.
BOTH = ["OpenMP", "MKL"]
POOLS = {"tensorflow": [], "pytorch": BOTH, "theano": BOTH, "jax": [], "pytensor": BOTH}
POOLS |= {"keras_jax": [], "keras_torch": BOTH, "paddle": BOTH}
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
def test_matched_trainers_begin_with_the_same_network(contract, dataset):
    """The same weights give the same probabilities, and the same rows in the same order nearly the same
    losses: only dropout's masks differ."""
    found = [contract(name)[f"{way} matched {dataset}"] for name, way in TRAINERS]
    for other in found[1:]:
        np.testing.assert_allclose(other["before"], found[0]["before"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", MATCHED)
def test_flat_areas_have_the_gradients_of_the_reference(environments, name):
    """Among equal values the first is the maximum, and a ReLU's derivative at 0 is 0; in real float64."""
    found = printed(environments, "flat_areas", name)
    for which, layers in (("flat", flat_areas.LAYERS), ("overlapping", flat_areas.OVERLAPPING)):
        arrays = (*flat_areas.rows(), flat_areas.weights(layers))
        same_steps(found[which], layers, arrays, flat_areas.TRAINING)


@pytest.mark.parametrize("name", MATCHED)
def test_every_layer_and_optimizer_is_the_formula_of_the_reference(environments, name):
    """And with published settings every optimiser that has others of its own trains."""
    found = printed(environments, "small_networks", name, "float64")
    published, norms = found.pop("published"), found.pop("published norms")
    assert found.keys() == small_networks.CASES.keys()
    for which, case in small_networks.CASES.items():
        training = small_networks.training(case.optimizer)
        same_steps(found[which], case.layers, small_networks.arrays(case), training)
    all_learn(name, published, small_networks.PUBLISHED)
    all_learn(name, norms, small_networks.PUBLISHED[:1])


# Theano and PyTensor compile the same programs for both precisions, and take minutes for it.
@pytest.mark.parametrize("name", [name for name in MATCHED if name not in ("theano", "pytensor")])
def test_networks_of_images_are_near_the_reference_in_float32(environments, name):
    """Which is what runs, in some libraries by other programs than float64."""
    found = printed(environments, "small_networks", name, "float32")
    published, norms = found.pop("published"), found.pop("published norms")
    assert [*found] == [*small_networks.IN_FLOAT32]
    for which in found:
        case = small_networks.CASES[which]
        training, rows = small_networks.training(case.optimizer), small_networks.arrays(case)
        same_steps(found[which], case.layers, rows, training, "float32")
    all_learn(name, published, small_networks.PUBLISHED_IN_FLOAT32)
    all_learn(name, norms, small_networks.PUBLISHED[:1])


def all_learn(name, published, options):
    """Every optimiser lowers the loss of a batch with published settings, in each implementation."""
    for one, of_ways in zip(options, published, strict=True):
        assert of_ways.keys() == registry.framework(name).trainers.keys()
        for way, losses in of_ways.items():
            assert len(losses) == 8 and 0 < losses[-1] < losses[0], (one, way, losses)


def test_the_small_networks_have_every_layer_and_optimizer():
    """With flat areas, which have what these lack."""
    layers = [layer for case in small_networks.CASES.values() for layer in case.layers]
    kinds = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(get_args(Layer)[0])}
    assert {layer["type"] for layer in layers} | {"dropout"} == kinds
    assert {layer["activation"] for layer in layers if "activation" in layer} == {*get_args(LastActivation)}
    names = {case.optimizer["name"] for case in small_networks.CASES.values()}
    assert names == numpy_optimizers.OPTIMIZERS.keys()
    assert Matched.model_fields.keys() == {*names, "batch_norm", "initializer"}


@pytest.mark.parametrize("name", MATCHED)
def test_optimizers_of_the_library_are_as_docs_optimizers_md_says(environments, name):
    """Their constants, and which formula they compute: the one that is named there, and no other."""
    found = printed(environments, "optimizer_probe", name)
    x, y, weights = small_networks.arrays(optimizer_probe.CASE)
    batches = [np.arange(len(y))] * optimizer_probe.STEPS
    network = {"layers": optimizer_probe.CASE.layers}
    for optimizer, fact in optimizer_facts.FACTS[name].items():
        constants = found[optimizer]["constants"]
        assert fact.constants == {key: constants[key] for key in fact.constants}, optimizer
        assert bool(fact.constants) == bool(constants), optimizer
        options = {"name": optimizer, **optimizer_probe.OPTIONS[optimizer]}
        for number, formula in enumerate(optimizer_facts.FORMULAS[optimizer]):
            with pytest.MonkeyPatch.context() as patch:
                needed = numpy_optimizers.OPTIMIZERS[optimizer][1]
                patch.setitem(numpy_optimizers.OPTIMIZERS, optimizer, (formula.step, needed))
                losses = reference.train(network, {"optimizer": options}, weights, batches, x, y).losses
            apart = np.abs(np.array(found[optimizer]["losses"]) / losses - 1).max()
            # Some keep constants in float32.
            assert apart < 1e-6 if number == fact.formula else apart > 1e-4, (optimizer, number, apart)


def printed(environments, script, name, *more):
    """What a script of tests/support prints in the environment of a framework."""
    script = ROOT / "tests" / "support" / f"{script}.py"
    command = [environments / name / "bin" / "python", script, name, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def same_steps(found, layers, arrays, training, precision="float64"):
    """Gradients of the first step, losses and predictions are those of the reference, in that precision."""
    of_losses, of_gradients = (1e-7, 1e-9) if precision == "float64" else (1e-3, 1e-3)
    x, y, weights = arrays
    batches = [np.arange(len(y))] * len(found["idiomatic"]["losses"])
    known = reference.train({"layers": layers}, training, weights, batches, x, y)
    predicted = numpy_layers.probabilities(layers, known.weights, x[:3], known.running)
    for where, steps in found.items():
        assert (steps["types"], steps["precision"]) == ([precision], precision), where
        measured = [np.array(gradient) for gradient in steps["gradients"]]
        assert numpy_layers.relative_distance(measured, known.gradients) < of_gradients, where
        np.testing.assert_allclose(steps["losses"], known.losses, rtol=of_losses, err_msg=where)
        if steps["probabilities"]:
            np.testing.assert_allclose(steps["probabilities"], predicted, atol=of_losses, err_msg=where)


@pytest.mark.parametrize("layer", ["relu", "max_pool"])
def test_another_choice_on_flat_areas_is_seen(monkeypatch, layer):
    """Half of the gradient at 0, or the last maximum instead of the first."""
    x, y = flat_areas.rows()
    weights = [weight.astype(float) for weight in flat_areas.weights(flat_areas.LAYERS)]
    network = flat_areas.LAYERS, weights, x, y
    _, exact = numpy_layers.loss_and_gradients(*network)
    max_pool = numpy_layers.max_pool

    def relu(x):
        return np.maximum(x, 0), lambda gradient: (gradient * ((x > 0) + (x == 0) / 2), [])

    def last_max_pool(x, size, step):
        height, width = (count - count % size for count in x.shape[1:3])
        out, backward = max_pool(x[:, :height, :width][:, ::-1, ::-1], size, step)

        def turned_backward(gradient):
            of_x = np.zeros_like(x)
            of_x[:, :height, :width] = backward(gradient[:, ::-1, ::-1])[0][:, ::-1, ::-1]
            return of_x, []

        return out[:, ::-1, ::-1], turned_backward

    if layer == "relu":
        monkeypatch.setitem(numpy_layers.ACTIVATIONS, "relu", relu)
    else:
        monkeypatch.setattr(numpy_layers, "max_pool", last_max_pool)
    _, other = numpy_layers.loss_and_gradients(*network)
    assert numpy_layers.relative_distance(other, exact) > 1e-3


def test_a_captured_step_of_pytorch_is_the_eager_one(environments):
    """Also with a falling rate and momentum, where it rescales the velocity by itself."""
    python = environments / "pytorch" / "bin" / "python"
    done = subprocess.run(
        [python, ROOT / "tests" / "support" / "graphed.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("apart") > 1e-3, "the two settings do the same here: nothing is tested"
    assert len(found) == 12
    for which, difference in found.items():  # the rate is a float32
        assert difference["weights"] < 1e-7, which
        assert difference["loss"] < 1e-6, which


@pytest.mark.framework("jax")
def test_the_forms_of_tuned_jax_are_the_same_mathematics(environments):
    """An epoch as one program on a GPU, and a kernel's gradient in parts of which the last is smaller."""
    command = [environments / "jax" / "bin" / "python", ROOT / "tests" / "support" / "jax_forms.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
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


# As the user's own settings would change them: precision, epsilon and backend of Keras, and one more.
KEPT = {
    "tensorflow": "float32 1e-07 tensorflow channels_last False",
    "keras_jax": "float32 1e-07 jax channels_last False",
    "keras_torch": "float32 1e-07 torch channels_last False",
    "theano": "float32 1e-07 theano o4",
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
        "name == 'theano' or print(K.image_data_format(), __import__('keras').config.is_nnx_enabled())"
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
