"""What jobs ask SLURM for; tests/test_slurm.py asks a real one."""

import copy

import factory
import pytest
from snakemake.iocontainers import Wildcards

from scripts.workflow import slurm
from scripts.workflow.slurm import advice_on

RUN = {"settings": "published", "device": "cpu", "framework": "pytorch", "implementation": "idiomatic"}


def of(**changes):
    return Wildcards(fromdict={**RUN, "dataset": "letter", "split": "kfold", "fold": "7", **changes})


CPU, GPU = of(), of(device="gpu")
FIRST_STEPS = Wildcards(fromdict={"framework": "pytorch", "implementation": "idiomatic", "dataset": "letter"})


def config(**cluster):
    changed = copy.deepcopy(factory.CONFIG)
    changed["cluster"].update(cluster)
    return changed


def asked(wildcards, **cluster):
    """What a job asks for, without what it leaves to the cluster."""
    found = slurm.requests(config(**cluster))
    del found["mem_mb"]
    values = {name: request(wildcards) for name, request in found.items()}
    return {name: value for name, value in values.items() if value is not None}


def test_an_empty_key_leaves_it_to_the_cluster():
    assert asked(CPU) == asked(FIRST_STEPS) == {}
    assert asked(GPU) == {"gpu": 1}


def test_words_are_texts_also_where_they_are_numbers():
    words = {"partition": "cpu", "account": 7, "constraint": "icelake", "qos": "long"}
    assert asked(CPU, **words) == {
        "slurm_partition": "cpu",
        "slurm_account": "7",
        "constraint": "icelake",
        "qos": "long",
    }


def test_gpu_runs_have_a_partition_and_gpus_of_their_own():
    keys = {"partition": "cpu", "gpu_partition": "big", "gpu": "gpu:a100:2"}
    assert asked(GPU, **keys) == {"slurm_partition": "big", "gres": "gpu:a100:2"}
    assert asked(CPU, **keys) == asked(FIRST_STEPS, **keys) == {"slurm_partition": "cpu"}
    assert asked(GPU, partition="cpu", gpu=2) == {"slurm_partition": "cpu", "gpu": 2}


def test_more_options():
    assert asked(CPU, exclusive=True, extra=" --hint=x  --nice") == {
        "slurm_extra": "--exclusive --hint=x --nice"
    }


def test_memory_and_time_grow_with_each_attempt():
    memory = slurm.requests(config())["mem_mb"]
    minutes = slurm.minutes_of_run(config(runtime={"default": 240, "letter": 60}))
    assert [memory(CPU, attempt=n) for n in (1, 2)] == [6000, 12000]
    assert [minutes(CPU, attempt=n) for n in (1, 3)] == [60, 180]
    assert minutes(of(dataset="mnist"), attempt=2) == 480
    assert slurm.minutes(10)(CPU, attempt=2) == 20


@pytest.mark.parametrize(
    ("wildcards", "group"),
    [
        (CPU, "published-cpu-pytorch-idiomatic-letter-kfold-1"),
        (of(fold="4"), "published-cpu-pytorch-idiomatic-letter-kfold-0"),
        (of(replicate="/replicate-2"), "published-cpu-pytorch-idiomatic-letter-kfold-replicate-2-1"),
        (of(replicate=""), "published-cpu-pytorch-idiomatic-letter-kfold-1"),
        (of(split="holdout", fold="0"), None),
        (of(dataset="mnist"), None),
    ],
    ids=["second bundle", "first bundle", "another seed", "first seed", "holdout", "not bundled"],
)
def test_folds_that_share_a_job(wildcards, group):
    groups = {}
    found = slurm.bundle_of_run(config(bundle={"letter": 5}), wildcards)
    assert slurm.one_job(groups, found) == group
    assert groups == ({group: "bundle"} if group else {})


def test_limits_are_looked_for_in_all_logs(tmp_path):
    texts = [
        "SLURM-job '12' failed, SLURM status is: 'TIMEOUT'",
        "all is well",
        "oom_kill event in StepId=3.0",
    ]
    logs = [tmp_path / f"{n}.log" for n in range(3)]
    for log, text in zip(logs, texts, strict=True):
        log.write_text(text)
    late, big = advice_on(logs)
    assert "time limit: 12;" in late and "had asked for: 3;" in big
    assert advice_on([logs[1]]) == []
