"""Every mistake of tests/bad_configs.yaml is reported in its line, and Snakemake says the same."""

import copy
import json

import pytest
import yaml
from commands import call, snakemake
from paths import ROOT, SNAKEMAKE

from scripts.core.errors import UserError
from scripts.data.known_datasets import known_datasets
from scripts.workflow.config.layers import laid_over
from scripts.workflow.config.types import typed
from scripts.workflow.config.validate import validate

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
DATASETS = known_datasets()
MISTAKES = yaml.safe_load((ROOT / "tests" / "workflow" / "bad_configs.yaml").read_text())


def config_with(mistake):
    config = laid_over(copy.deepcopy(CONFIG), typed(mistake.get("change", {})))
    if "without" in mistake:
        *parents, last = mistake["without"].split(".")
        place = config
        for parent in parents:
            place = place[parent]
        del place[last]
    return config


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["says"][:50])
def test_a_mistake_is_named(mistake):
    with pytest.raises(UserError) as refused:
        validate(config_with(mistake), DATASETS)
    head, *lines = str(refused.value).splitlines()
    assert head == "the config is not valid:"
    assert any(mistake["says"] in line for line in lines), lines
    assert len(lines) <= 3, lines  # no flood of what follows from it


def test_all_mistakes_are_told_at_once():
    change = {"threads": 0, "seed": -1, "training": {"minst": {}, "mnist": {"epochs": 0}}}
    with pytest.raises(UserError) as refused:
        validate(config_with({"change": change}), DATASETS)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()[1:]] == [
        "  - training",
        "  - seed",
        "  - threads",
        "  - training.mnist.epochs",
    ]


def test_a_key_that_stands_twice_is_named_with_its_line(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 1\ntraining:\n  mnist: {epochs: 3, epochs: 4}\nseed: 2\n")
    with pytest.raises(UserError) as refused:
        validate(CONFIG, DATASETS, [ROOT / "config.yaml", file])
    lines = str(refused.value).splitlines()[1:]
    assert lines[0] == f"  - {file}, line 4: the key 'seed' is there twice"
    assert lines[1] == f"  - {file}, line 3: the key 'epochs' is there twice"


def test_a_node_need_not_have_the_mirror():
    validate(config_with({"change": {"data": {"mirror": "/no/such/folder"}}}), DATASETS, here=False)


def test_a_mirror_that_is_there_is_fine(tmp_path):
    for mirror in (str(tmp_path), tmp_path.as_uri(), "http://example.org/data", "", None):
        validate(config_with({"change": {"data": {"mirror": mirror}}}), DATASETS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--config", "training={mnist: {epochs: three}}"], MISTAKES),
        (["--config", "data={mirror: /no/such/folder}"], MISTAKES),
        (["--configfile", "mine.yaml"], "mine.yaml, line 2: the key 'seed' is there twice"),
        (["--configfile", "broken.yaml"], "Config file is not valid JSON or YAML"),
        (
            ["results/runs/published/cpu/pytorch/idiomatic/mnist/kfold/fold-12.json"],
            "No rule to produce results/runs/published/cpu/pytorch/idiomatic/mnist/kfold/fold-12.json",
        ),
    ],
    ids=["untypable", "mirror", "twice", "syntax", "fold"],
)
def test_snakemake_says_the_same(tmp_path, options, says):
    (tmp_path / "mine.yaml").write_text("seed: 1\nseed: 2\n")
    (tmp_path / "broken.yaml").write_text("frameworks: [pytorch\nseed: 1\n")
    options = [str(tmp_path / option) if option.endswith(".yaml") else option for option in options]
    done = snakemake("--dry-run", *options, directory=tmp_path)
    assert done.returncode == 1
    if says is MISTAKES:  # the very line of the file
        change = yaml.safe_load(options[1].replace("=", ": ", 1))
        (says,) = [mistake["says"] for mistake in MISTAKES if mistake.get("change") == change]
    assert says in done.stdout, done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_config_in_another_encoding_is_named_or_read(tmp_path, encoding):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("rules", "scripts", "resources", "envs", "report"):
        (checkout / name).symlink_to(ROOT / name)
    (checkout / "Snakefile").write_bytes((ROOT / "Snakefile").read_bytes())
    (checkout / "config.yaml").write_text((ROOT / "config.yaml").read_text(), encoding=encoding)
    file = "results/networks/published/digits.json"
    command = [SNAKEMAKE, "--snakefile", checkout / "Snakefile", "--directory", tmp_path, "--cores", "1"]
    done = call(*command, "--dry-run", file)
    if encoding == "utf-16":
        assert (done.returncode, "Traceback" in done.stdout) == (1, False), done.stdout
        assert f"{checkout}/config.yaml: not in UTF-8 but, it seems, in UTF-16: save it" in done.stdout
    else:
        assert done.returncode == 0, done.stdout


def test_a_text_that_only_looks_like_a_number_stays_a_text():
    given = {"account": "007", "a": "12", "b": "1_000", "c": "nan", "d": "-3", "e": "1e-4"}
    meant = {"account": "007", "a": 12, "b": "1_000", "c": "nan", "d": -3, "e": 1e-4}
    assert json.dumps(typed(given)) == json.dumps(meant)
