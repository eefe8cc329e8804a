"""The layers of a network as the terminal shows them."""

import json
import os
import sys

import pytest
from commands import call
from paths import ROOT


def shown(*arguments, cwd=ROOT):
    here = {**os.environ, "PWD": str(cwd)}  # as a shell has it
    done = call(sys.executable, ROOT / "scripts", "network", *arguments, cwd=cwd, env=here)
    return done.returncode, done.stdout


def test_the_study_s_network_has_its_published_parameters():
    code, text = shown("mnist", "letter")
    assert code == 0, text
    lines = text.splitlines()
    assert lines[0] == "mnist: 70,000 rows of 28 x 28 x 1, 10 classes"
    assert lines[3].split() == [
        "conv",
        "32,",
        "3",
        "x",
        "3,",
        "valid,",
        "relu",
        "26",
        "x",
        "26",
        "x",
        "32",
        "320",
        "194,688",
    ]
    assert lines[11].split() == ["all", "1,199,882", "11,992,448"]
    # Adadelta keeps two values of each weight beside its gradient.
    assert lines[12] == "  adadelta keeps 19 MB: weights, gradients and 2 values for each"
    outputs = 28 * 28 + 26 * 26 * 32 + 24 * 24 * 64 + 2 * 12 * 12 * 64 + 9216 + 2 * 128 + 10
    assert lines[13] == (
        f"  a batch of 128 rows: {128 * 4 * outputs / 1e6:.0f} MB of inputs and outputs,"
        f" {3 * 128 * 11_992_448:.3g} multiply-adds there and back"
    )
    assert "letter: 20,000 rows of 16, 26 classes" in text and "2,570" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fashion"], "'fashion' is neither in resources/datasets.yaml nor in data.own"),
        (["--configfile", "none.yaml"], "none.yaml"),
    ],
)
def test_what_cannot_be_shown_has_its_line(arguments, words):
    code, text = shown(*arguments)
    assert code == 1 and words in text and "Traceback" not in text, text


def test_data_that_are_not_prepared_yet_have_the_command_that_prepares_them(tmp_path):
    training = {"loss": "categorical_crossentropy", "epochs": 5, "batch_size": 8}
    training["optimizer"] = {"name": "sgd", "learning_rate": 0.1}
    config = {
        "datasets": ["iris"],
        "data": {"own": {"iris": {"sklearn": "iris"}}},
        "networks": {
            "iris": {"input_scale": 1, "layers": [{"type": "dense", "units": 3, "activation": "softmax"}]}
        },
        "training": {"iris": training},
    }
    (tmp_path / "mine.yaml").write_text(json.dumps(config))
    code, text = shown("--configfile", "mine.yaml", cwd=tmp_path)
    assert code == 1 and "iris: shapes are known once the data are prepared: " in text
    command = text.strip().rpartition("prepared: ")[2]
    assert command.endswith("bin/snakemake --cores 1 results/data/iris/x.npy --configfile mine.yaml")
