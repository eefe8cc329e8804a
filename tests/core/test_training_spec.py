"""The file that a dataset's runs are made from: its bytes are held, for a change would repeat every run."""

import hashlib
import json

import pytest
import yaml
from paths import ROOT

from scripts.core import training_spec
from scripts.core.errors import UserError

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
LETTER = (
    '{"dataset": "letter", "network": {"input_scale": 1, "layers": [{"activation": "relu", "type": "dense",'
    ' "units": 50}, {"rate": 0.2, "type": "dropout"}, {"activation": "relu", "type": "dense", "units": 22},'
    ' {"rate": 0.2, "type": "dropout"}, {"activation": "softmax", "type": "dense", "units": 26}],'
    ' "parameters": 2570}, "seed": %d, "training": {"batch_size": 128, "epochs": 300, "loss":'
    ' "categorical_crossentropy", "optimizer": {"decay": 1e-07, "learning_rate": 0.001, "momentum": 0.0,'
    ' "name": "sgd", "nesterov": false}}}'
)


def test_the_text_is_held_to_the_byte():
    spec = training_spec.of_config(CONFIG, "published", "letter")
    assert spec.text == LETTER % CONFIG["seed"]


@pytest.mark.parametrize("settings", ["published", "matched"])
@pytest.mark.parametrize("dataset", CONFIG["networks"])
def test_written_it_reads_back_and_its_digest_is_that_of_the_file(tmp_path, settings, dataset):
    spec, path = training_spec.of_config(CONFIG, settings, dataset), tmp_path / "spec.json"
    training_spec.write(spec, path)
    assert training_spec.read(path) == spec
    assert spec.digest == hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_matched_settings_give_every_constant():
    given = training_spec.of_config(CONFIG, "matched", "digits").training["optimizer"]
    assert given == {"name": "rmsprop", "learning_rate": 0.001, "decay": 0.0, "rho": 0.9, "epsilon": 1e-7}
    assert "epsilon" not in CONFIG["training"]["digits"]["optimizer"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", r"spec\.json: not JSON"),
        ("[]", r"spec\.json: has no dataset, network, seed, training"),
        (json.dumps({"dataset": "x", "network": {}, "seed": 1}), r"spec\.json: has no training; is it"),
    ],
)
def test_what_is_no_spec_is_named(tmp_path, content, words):
    path = tmp_path / "spec.json"
    path.write_text(content)
    with pytest.raises(UserError, match=words):
        training_spec.read(path)
