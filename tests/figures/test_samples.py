"""The picture of some rows of a dataset."""

import json
import sys

import numpy as np
import pytest
from commands import call
from matplotlib import pyplot as plt
from paths import ROOT

from scripts.figures import samples


def facts(shape, classes):
    names = [f"kind {n}" for n in range(classes)]
    return {"dataset": "mine", "rows": 60, "shape": list(shape), "classes": classes, "class_names": names}


def drawn(shape, classes, images_dtype=np.uint8):
    random = np.random.default_rng(1)
    x = random.integers(0, 200, (60, *shape)).astype(images_dtype)
    figure = samples.draw(x, np.arange(60) % classes, facts(shape, classes))
    plt.close(figure)
    return x, figure


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_images_have_a_line_for_each_class(channels):
    x, figure = drawn((5, 4, channels), 3)
    pictures = [axis.get_images()[0].get_array() for axis in figure.axes if axis.get_images()]
    assert len(pictures) == 3 * samples.OF_EACH
    assert [axis.get_title("left") for axis in figure.axes if axis.get_title("left")] == [
        "kind 0",
        "kind 1",
        "kind 2",
    ]
    fourth = x[3, :, :, 0] if channels != 3 else x[3]  # the second row of the first class
    shown = np.asarray(pictures[1], float)
    np.testing.assert_allclose(np.corrcoef(shown.ravel(), fourth.ravel())[0, 1], 1)


def test_features_are_shown_by_their_distance_from_the_mean():
    x, figure = drawn((6,), 2, np.float32)
    values = figure.axes[0].get_images()[0].get_array()
    assert values.shape == (2 * samples.OF_EACH, 6)
    np.testing.assert_allclose(values[1], (x[2] - x.mean(axis=0)) / x.std(axis=0), rtol=1e-5)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["kind 0", "kind 1"]


def test_of_many_classes_the_first_are_shown_and_a_constant_feature_is_none():
    assert "10 of 12 classes: kind 0, kind 1," in samples.describe(facts((5, 4, 1), 12))
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 40)).astype(np.float32)
    x[:, 3] = 7
    figure = samples.draw(x, np.arange(60) % 12, facts((40,), 12))
    plt.close(figure)
    values = figure.axes[0].get_images()[0].get_array()
    assert np.isfinite(values).all() and not values[:, 3].any()
    assert figure.get_suptitle() == "mine: rows of each class, of 60 rows"


def test_the_command_writes_picture_and_page(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((60, 5, 4, 1), np.uint8))
    np.save(tmp_path / "y.npy", np.arange(60) % 3)
    (tmp_path / "data.json").write_text(json.dumps(facts((5, 4, 1), 3)))
    command = [sys.executable, ROOT / "scripts", "samples", "--data", tmp_path, "--out", tmp_path / "s"]
    done = call(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"s.svg", "s.png", "s-figure.html"} <= {path.name for path in tmp_path.iterdir()}
    assert (
        "The first rows of all classes: kind 0, kind 1, kind 2. Images of 5 x 4."
        in (tmp_path / "s-figure.html").read_text()
    )
