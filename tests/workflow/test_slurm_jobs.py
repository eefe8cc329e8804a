"""What jobs ask SLURM for; tests/test_slurm.py asks a real one."""

import copy

import factory
from snakemake.iocontainers import Wildcards
from snakemake.resources import Resources

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
    changed["devices"] = ["cpu", "gpu"]
    return changed


def asked(wildcards, default_resources=(), **cluster):
    """What a job asks for, without what it leaves to the cluster; as Snakemake evaluates it."""
    found = slurm.requests(config(**cluster), parsed(default_resources))
    del found["mem_mb"]
    values = {}
    for name, resource in Resources.from_mapping(found).items():
        more = {"input": [], "attempt": 1, "threads": 1, "rulename": "train", "async_run": None}
        values[name] = resource.evaluate(wildcards, **more).value
    return {name: value for name, value in values.items() if value is not None}


def parsed(default_resources):
    """The user's --default-resources as Snakemake hands them over: its own are among them."""
    return Resources.parse(list(default_resources), allow_expressions=True, defaults="full")


def test_an_empty_key_leaves_it_to_the_cluster():
    assert asked(CPU) == asked(FIRST_STEPS) == {}
    assert asked(GPU) == {"gpu": 1}


def test_what_nobody_fills_is_no_request():
    """Snakemake would evaluate each of them for every job, of which there may be 10,000."""
    on_cpu = config() | {"devices": ["cpu"]}
    assert set(slurm.requests(on_cpu, None)) == {"mem_mb"}
    assert set(slurm.requests(config(), None)) == {"mem_mb", "gpu", "gres"}
    assert {"gpu", "qos"} <= set(slurm.requests(on_cpu, parsed(["gpu=2", "qos=long"])))


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


MINE = ["slurm_account=toy", "slurm_partition=$TOY_PARTITION", "constraint=icelake", "qos=long"]


def test_an_empty_key_is_asked_for_as_the_users_default_resources_say(monkeypatch):
    monkeypatch.setenv("TOY_PARTITION", "cpu")
    words = {"slurm_account": "toy", "slurm_partition": "cpu", "constraint": "icelake", "qos": "long"}
    assert asked(CPU, MINE) == asked(FIRST_STEPS, MINE) == words
    assert asked(GPU, MINE) == {**words, "gpu": 1}
    assert asked(CPU, MINE, account=7, qos="short") == {**words, "slurm_account": "7", "qos": "short"}
    assert asked(GPU, MINE, gpu_partition="big") == {**words, "slurm_partition": "big", "gpu": 1}
    assert asked(CPU, MINE, gpu_partition="big") == words


def test_the_users_further_options_join_whole_nodes_and_give_way_to_others():
    mine = ["slurm_extra='--nice=7 --hint=x'"]
    assert asked(CPU, mine) == {"slurm_extra": "--nice=7 --hint=x"}
    assert asked(CPU, mine, exclusive=True) == {"slurm_extra": "--exclusive --nice=7 --hint=x"}
    assert asked(CPU, mine, extra="--nice=8") == {"slurm_extra": "--nice=8"}


def test_gpus_are_for_gpu_runs_whatever_the_user_asks_of_all_jobs():
    mine = ["gpu=2", "gpu_model=a100"]
    assert asked(CPU, mine) == {}
    assert asked(GPU, mine) == {"gpu": 1, "gpu_model": "a100"}
    assert asked(GPU, mine, gpu="gpu:h100:1") == {"gres": "gpu:h100:1"}


def test_a_default_that_the_config_overrides_is_named_with_its_key():
    mine = [*MINE, "mem_mb=3000", "runtime=30", "gpu=1"]
    lines = slurm.overridden(config(account="course", qos="long"), parsed(mine))
    assert [line.split()[1] for line in lines] == ["slurm_account=toy", "runtime=30", "mem_mb=3000"]
    assert "mem_mb=3000 of --default-resources is not used: memory_mb in the config decides" in lines[2]
    assert slurm.overridden(config(), parsed([])) == slurm.overridden(config(), None) == []


def test_memory_and_time_grow_with_each_attempt():
    memory = slurm.requests(config(), None)["mem_mb"]
    minutes = slurm.minutes_of_run(config(runtime={"default": 240, "letter": 60}))
    assert [memory(CPU, attempt=n) for n in (1, 2)] == [6000, 12000]
    assert [minutes(CPU, attempt=n) for n in (1, 3)] == [60, 180]
    assert minutes(of(dataset="mnist"), attempt=2) == 480
    assert (
        slurm.minutes_of_run(config(runtime={"default": 240, "letter": 60}), folds=5)(CPU, attempt=2) == 600
    )
    assert slurm.minutes(10)(CPU, attempt=2) == 20


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


def test_limits_of_tasks_of_an_array_are_seen():
    """As --slurm-array-jobs submits them."""
    text = "".join(f"SLURM-job '{job}' failed, SLURM status is: 'TIMEOUT'\n" for job in ("10_2", "9", "10_1"))
    (late,) = slurm.advice(text)
    assert "time limit: 9, 10_1, 10_2;" in late
