"""All four datasets of the study in all frameworks, on real data, from download to report."""

import re
from itertools import product

import pandas as pd
import pytest
from commands import planned, planned_runs, snakemake
from concerned import to_try
from paths import ROOT

from scripts.core import record

FRAMEWORKS, IMPLEMENTATIONS = to_try(), ("idiomatic", "tuned")
PRESET = ["--configfile", ROOT / "presets" / "smoke.yaml", "--config", f"frameworks={[*FRAMEWORKS]}"]
PARAMETERS = {"mnist": 1199882, "cifar10": 1250858, "cifar100": 1297028, "letter": 2570}


@pytest.fixture(scope="module")
def smoke(environments, mirror, tmp_path_factory):
    """The folder in which the smoke experiment has run to its report."""
    folder = tmp_path_factory.mktemp("smoke")
    done = snakemake(*PRESET, directory=folder)
    assert done.returncode == 0, done.stdout
    done = snakemake(*PRESET, "--report", "report.html", directory=folder)
    assert done.returncode == 0, done.stdout
    return folder


def test_every_run_left_a_record_of_the_published_network(smoke):
    records = [record.read(path) for path in (smoke / "results/smoke/runs").rglob("fold-*.json")]
    assert len(records) == 8 * len(FRAMEWORKS)
    for r in records:
        assert r.learning.parameters == PARAMETERS[r.run.dataset]
        assert r.learning.train_rows + r.learning.test_rows == 1000
        assert r.surroundings.peak_memory_mb > 50
    ran = {(r.run.framework, r.run.implementation, r.run.dataset) for r in records}
    assert ran == set(product(FRAMEWORKS, IMPLEMENTATIONS, PARAMETERS))


def test_every_framework_trains_the_same_network_on_every_dataset(smoke):
    rows = pd.read_csv(smoke / "results/smoke/tables/parity.csv")
    pairs = rows[["framework", "implementation", "dataset"]].itertuples(index=False, name=None)
    assert set(pairs) == set(product(FRAMEWORKS, IMPLEMENTATIONS, PARAMETERS))
    assert rows["same_network"].all(), rows
    assert rows["float32_as_expected"].all(), rows
    assert (smoke / "results/smoke/parity/passed").exists()


def test_tables_figures_and_report_are_there(smoke):
    tables = smoke / "results/smoke/tables"
    assert "not comparable" in (tables / "published.md").read_text()
    for dataset in PARAMETERS:
        for kind in ("", "-learning"):
            assert (smoke / "results/smoke/figures" / f"{dataset}{kind}.png").stat().st_size > 10000
            assert f"{dataset}{kind}-figure.html" in (smoke / "report.html").read_text()


def test_changed_epochs_of_one_dataset_plan_its_runs_only(smoke):
    assert planned_runs(planned(*PRESET, directory=smoke)) == 0
    output = planned(*PRESET, "training={letter: {epochs: 2}}", directory=smoke)
    assert planned_runs(output) == 2 * len(FRAMEWORKS)
    assert set(re.findall(r"Training (\w+) in", output)) == {"letter"}
