"""The lists of outputs follow from the plan alone."""

from dataclasses import replace
from types import SimpleNamespace

import factory
from paths import ROOT
from snakemake.iocontainers import Wildcards

from scripts.workflow import targets
from scripts.workflow.planning import Pair, parity_pairs, plan

RUNS = factory.plan(["mnist", "letter"], ["pytorch", "theano"], folds=2)
PAIRS = [Pair("cpu", "pytorch", "idiomatic", "mnist"), Pair("gpu", "theano", "tuned", "mnist")]


def test_records_are_in_the_order_of_the_plan():
    paths = targets.records(RUNS, "results/x")
    assert paths == [str(run.path("results/x/runs")) for run in RUNS]
    file = targets.RUN.format(**{**vars(RUNS[0]), "replicate": ""})
    assert paths[0] == f"results/x/runs/{file}.json"


def test_priorities_fall_in_the_order_of_the_plan():
    priority = targets.priority_of_run(RUNS)
    wildcards = [{**vars(run), "fold": str(run.fold), "replicate": ""} for run in RUNS]
    assert [priority(Wildcards(fromdict=one)) for one in wildcards] == [*range(len(RUNS), 0, -1)]
    assert priority(Wildcards(fromdict={**wildcards[0], "fold": "9"})) == 0  # not planned
    assert priority(Wildcards(fromdict={**wildcards[0], "replicate": "/replicate-1"})) == 0


def test_a_replicate_has_folders_of_its_own_and_the_first_has_those_of_one_seed():
    first, second = factory.plan(["mnist"], ["pytorch"], splits=["holdout"], replicates=2)
    assert targets.records([first, second], "r") == [
        "r/runs/published/cpu/pytorch/idiomatic/mnist/holdout/fold-0.json",
        "r/runs/published/cpu/pytorch/idiomatic/mnist/holdout/replicate-1/fold-0.json",
    ]
    assert targets.prepared_inputs([first, second], [], "r") == [
        "r/splits/mnist/holdout.npz",
        "r/splits/replicate-1/mnist/holdout.npz",
    ]
    assert targets.run_inputs([first, replace(second, settings="matched")], "r") == [
        "r/networks/matched/replicate-1/mnist.json",
        "r/networks/published/mnist.json",
        "r/splits/mnist/holdout.npz",
        "r/splits/replicate-1/mnist/holdout.npz",
        "r/weights/replicate-1/mnist/fold-0.npz",
    ]
    assert (
        targets.run_of(
            Wildcards(
                fromdict=dict(
                    zip(
                        vars(second),
                        [
                            "published",
                            "cpu",
                            "pytorch",
                            "idiomatic",
                            "mnist",
                            "holdout",
                            "0",
                            "/replicate-1",
                        ],
                        strict=True,
                    )
                )
            )
        )
        == second
    )


def test_threads_are_declared_as_before_unless_they_wait_in_another_way():
    """A param that changes, or a new one, repeats all runs."""
    assert targets.threads_declared({"threads": 4, "thread_wait": "bounded"}) == 4
    assert targets.threads_declared({"threads": 4, "thread_wait": "sleep"}) == "4 --thread-wait sleep"


def test_splits_of_runs_and_the_holdout_split_of_the_certificate_are_prepared():
    runs = [run for run in RUNS if run.split == "kfold" and run.dataset == "letter"]
    assert targets.prepared_inputs(runs, PAIRS, "r") == [
        "r/splits/letter/kfold.npz",
        "r/splits/mnist/holdout.npz",
    ]


def test_environments_of_the_devices_and_of_the_certificate():
    runs = factory.plan(["mnist"], ["tensorflow"], devices=["gpu"])
    assert targets.environments(runs) == ["tensorflow-gpu"]
    names = targets.environments(runs, [Pair("cpu", "tensorflow", "idiomatic", "mnist")])
    assert names == ["tensorflow", "tensorflow-gpu"]
    assert targets.environments_ready(names, "r")[0] == "r/environments/tensorflow.ready"


def test_environments_of_the_jobs_that_are_to_be_made():
    """Data, tables and figures have none of a framework."""
    of_jobs = [
        {"framework": "tensorflow", "device": "gpu", "dataset": "mnist"},
        {"framework": "pytorch", "device": "cpu"},
        {"environment": "theano"},
        {"dataset": "mnist"},
        {},
    ]
    rule = SimpleNamespace(name="train")
    jobs = [SimpleNamespace(rule=rule, wildcards=Wildcards(fromdict=names)) for names in of_jobs]
    assert targets.environments_of_jobs(jobs) == ["pytorch", "tensorflow-gpu", "theano"]
    assert targets.environments_of_jobs(jobs[3:]) == []
    assert targets.environments_of_jobs(jobs, lambda name: "") == []  # of a workflow that we are a module of


def test_first_steps_in_both_precisions_and_one_reference_a_dataset():
    assert targets.parity_files(PAIRS, "r") == [
        "r/parity/cpu/pytorch/idiomatic/mnist-float64.npz",
        "r/parity/cpu/pytorch/idiomatic/mnist-float32.npz",
        "r/parity/gpu/theano/tuned/mnist-float64.npz",
        "r/parity/gpu/theano/tuned/mnist-float32.npz",
        "r/parity/reference/mnist.npz",
    ]


def test_nothing_to_compare_needs_no_certificate():
    assert targets.parity_files([], "r") == targets.parity([], "r") == []
    assert "r/parity/passed" in targets.parity(PAIRS, "r")


def test_a_kind_of_run_is_measured_once():
    paths = targets.probes(RUNS, "r")
    assert len(paths) == 4 and paths == sorted(paths)
    assert paths[0] == "r/plan/published/cpu/pytorch/idiomatic/letter.json"
    assert targets.probes([], "r") == []


def test_tables():
    names = targets.tables(["times", "flags"], "r")
    assert names == [f"r/tables/{file}" for file in ("runs.csv", "explore.html", "times.html", "flags.html")]


def test_the_datasets_and_frameworks_of_the_study():
    studied = targets.studied(ROOT / "resources" / "published" / "times.csv")
    datasets, frameworks = (set(names) for names in zip(*studied, strict=True))
    assert datasets == {"mnist", "cifar10", "cifar100", "letter"}
    assert frameworks == {"tensorflow", "pytorch", "theano"} and len(studied) == 12


def test_pairs_are_what_can_be_trained_with_matched_settings():
    config = {**factory.CONFIG, "datasets": ["mnist"], "implementations": ["idiomatic", "tuned"]}
    config["devices"] = ["cpu", "gpu"]
    pairs = parity_pairs(config)
    planned, _ = plan({**config, "settings": ["matched"], "splits": ["holdout"]})
    assert sorted(pairs) == sorted(
        (run.device, run.framework, run.implementation, run.dataset) for run in planned
    )
    assert {pair.device for pair in pairs if pair.framework == "theano"} == {"cpu"}
    assert {pair.device for pair in pairs if pair.framework == "pytorch"} == {"cpu", "gpu"}
