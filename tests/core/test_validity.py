"""Each flag is raised beyond its limit and not at it; the worst of a run's flags is its verdict."""

import copy
import statistics

import factory
import pytest

from scripts.analysis.flags import table as flags_of_table
from scripts.core import record, validity
from scripts.core.validity import epoch_statistics, of_the_run

LIMITS = factory.CONFIG["limits"]
RUN = factory.plan(["letter"], ["pytorch"], splits=["holdout"])[0]  # train_s 12, threads 4


def row(older_code=None, **changes):
    return {**record.flat(factory.make(RUN, **changes)), "older_code": older_code}


def flags(**changes):
    return [check.flag for check, _, _ in validity.doubts(row(**changes), LIMITS)]


def verdict_of(**changes):
    return validity.verdict(validity.doubts(row(**changes), LIMITS))


def around(**facts):
    return {"surroundings": facts}


def epochs(*seconds):
    return {"times": {"epochs_s": list(seconds), "epochs_cpu_s": [3.5 * wall for wall in seconds]}}


UNKNOWN_LOAD = {"surroundings": {"other_cores": None}}
AT_THE_LIMIT = {
    "stolen time": around(steal_share=0.02),
    "CPU quota": around(quota_throttled_s=0.48),  # 1 % of 4 threads x 12 s
    "hot processor": around(thermal_throttles=0),
    "slowed GPU": around(gpu_hot_s=0.12, gpu_slowed_by=["power cap"]),
    "swapping": around(swapped_pages=2560),
    "busy machine": around(other_cores=0.25),
    "shared cores": {"threads": {"pinned_cores": [0, 1, 2, 3]}},
    "shared GPU": {"machine": {"gpu_own": True}},
    "standstill": {"times": {"build_idle_s": 2.0, "compile_idle_s": 2.0}},
    "suspended": {"times": {"suspended_s": 2.0}},
    "uneven epochs": epochs(1.0, 1.0, 1.1, 1.1, 1.2, 1.2),  # deviation 0.078 of a median of 1.1
    "too much CPU": {"times": {"train_cpu_s": 60.0}},  # 1.25 x 4 threads x 12 s
    "fewer threads": {"threads": {"threads_declared": 4}},
    "other threads": {"threads": {"threads_reported": 4, "thread_pools": {"OpenMP": 4, "MKL": 3}}},
    "other settings": {"software": {"library_facts": {"tf32": False}, "asked_facts": {"tf32": False}}},
    "older code": {"older_code": False},
}
BEYOND = {
    "stolen time": (around(steal_share=0.0201), "took 2.0% of the processor time", "stolen"),
    "CPU quota": (around(quota_throttled_s=4.8), "held it back for 10.0%", "throttled"),
    "hot processor": (around(thermal_throttles=1), "slowed 1 times by heat", "throttled"),
    "slowed GPU": (around(gpu_hot_s=0.13), "slowed the GPU for 1.1%", "throttled"),
    "swapping": (around(swapped_pages=2561), "swapped 2561 pages", "throttled"),
    "busy machine": (around(other_cores=0.26), "others kept 0.3 cores busy", "shared"),
    "shared cores": ({"threads": {"pinned_cores": None}}, "or /tmp takes no file locks", "shared"),
    "shared GPU": ({"machine": {"gpu_own": False}}, "no GPU was free", "shared"),
    "standstill": ({"times": {"compile_idle_s": 2.1}}, "for 2.1 s while it was compiled", "paused"),
    "suspended": ({"times": {"suspended_s": 600.0}}, "suspended for 600 s", "paused"),
    "uneven epochs": (epochs(1.0, 1.0, 1.0, 1.3, 1.3, 1.3), "spread by 10%", "unstable"),
    "too much CPU": ({"times": {"train_cpu_s": 60.1}}, "5.0 cores were busy", "clean"),
    "fewer threads": ({"threads": {"threads_declared": 8}}, "4 of the 8 threads", "clean"),
    "other threads": (
        {"threads": {"threads_reported": 1, "thread_pools": {"OpenMP": 4, "MKL": 5}}},
        "was given 4 threads, the framework reports 1, MKL reports 5",
        "clean",
    ),
    "other settings": (
        {"software": {"library_facts": {"tf32": True}, "asked_facts": {"tf32": False}}},
        "tf32 is True, not False",
        "clean",
    ),
    "older code": ({"older_code": True}, "training code trainer", "clean"),
}


def test_every_check_is_tried():
    assert [check.flag for check in validity.CHECKS] == list(AT_THE_LIMIT) == list(BEYOND)
    assert {check.verdict for check in validity.CHECKS} - {None} == set(validity.VERDICTS) - {"clean"}


@pytest.mark.parametrize("flag", AT_THE_LIMIT)
def test_at_its_limit_a_run_is_clean(flag):
    assert flags(**AT_THE_LIMIT[flag]) == []
    assert verdict_of(**AT_THE_LIMIT[flag]) == "clean"


@pytest.mark.parametrize("flag", BEYOND)
def test_beyond_its_limit_it_is_flagged_with_reason_and_advice(flag):
    changes, words, verdict = BEYOND[flag]
    ((check, excess, reason),) = validity.doubts(row(**changes), LIMITS)
    assert check.flag == flag and words in reason and len(check.advice) > 20
    assert excess is None or excess > 1
    assert verdict_of(**changes) == verdict


def test_what_no_machine_tells_raises_no_flag():
    unknown = {"surroundings": record.Surroundings().__dict__, "state": record.State().__dict__}
    assert flags(**unknown, threads={"threads_reported": None}) == []
    assert flags(threads={"pinned_cores": None}, machine={"system": "Darwin 25"}) == []


def test_flags_are_the_same_in_the_table_of_runs(tmp_path):
    """Written with the table of runs and read back."""
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"], folds=len(BEYOND))
    config = copy.deepcopy(factory.CONFIG)
    config["training"]["letter"]["epochs"] = 6  # as many as `epochs` are given in BEYOND
    made = [
        factory.make(
            run, config, **{name: change for name, change in changes.items() if name != "older_code"}
        )
        for run, (changes, _, _) in zip(plan, BEYOND.values(), strict=True)
    ]
    made[-1].origin.trainer_digest = "old"
    runs, _ = factory.table(plan, made, tmp_path, config, code={"pytorch": "trainer"})
    found = flags_of_table(runs)
    assert list(found["flag"]) == list(BEYOND)
    assert list(found["fold"]) == list(range(len(BEYOND)))
    assert list(runs["validity"]) == [verdict for _, _, verdict in BEYOND.values()]


def test_what_was_left_to_the_library_or_is_not_read_back_raises_no_flag():
    asked = {"compile": None, "layout": "NHWC"}
    assert flags(software={"library_facts": {"compile": "XLA"}, "asked_facts": asked}) == []


def test_load_average_counts_only_where_other_cores_are_unknown():
    assert flags(**UNKNOWN_LOAD, state={"load_before": 5.0}) == []  # 4 threads and the allowance of 1
    assert flags(**UNKNOWN_LOAD, state={"load_before": 5.1}) == ["busy machine"]
    assert flags(state={"load_before": 50.0}) == []


def test_other_load_names_what_ran_on_the_cores_of_the_run():
    load = around(other_cores=3.0, other_cores_on_pinned=0.5)
    ((_, _, reason),) = validity.doubts(row(**load, machine={"cores": 8}), LIMITS)
    assert reason == "others kept 3.0 cores busy while it ran, 0.5 of them its own"
    ((_, _, reason),) = validity.doubts(row(**load), LIMITS)  # it had all cores of the machine
    assert reason == "others kept 3.0 cores busy while it ran"


def test_more_threads_than_cores_is_said():
    changes = {"threads": {"pinned_cores": None}, "machine": {"cores": 2}}
    ((_, excess, reason),) = validity.doubts(row(**changes), LIMITS)
    assert excess == 2 and "4 threads had to share the 2 cores" in reason


def test_a_gpu_at_its_power_limit_is_not_doubtful_but_a_hot_one_is():
    assert flags(**around(gpu_slowed_by=["power cap"], gpu_power_capped_s=9.0)) == []
    assert flags(**around(gpu_slowed_by=["hot (hardware)", "power cap"])) == ["slowed GPU"]


@pytest.mark.parametrize(
    ("seconds", "doubtful"),
    [
        ([0.10, 0.13] * 10, False),  # a spread of 10 %, but only 12 ms: very short epochs always spread
        ([0.10, 0.20] * 10, True),
        ([1.0] * 299 + [5.0], False),  # one hiccup in 300 epochs
        ([1.0] * 299 + [100.0], True),  # which made the run a third longer
        ([10.0] * 11 + [20.0], False),  # one of twelve: 8 % in all
        ([10.0] * 8 + [14.0] * 4, True),  # a third of the run was slower
        ([1.0, 1.0, 1.0, 2.0], True),
        ([1.0, 2.0], False),  # too few to tell
    ],
)
def test_epochs_are_uneven_when_it_changes_the_time(seconds, doubtful):
    assert flags(**epochs(*seconds)) == (["uneven epochs"] if doubtful else [])


@pytest.mark.parametrize("count", [2, 3, 10, 11, 12, 300])
def test_tenths_are_those_of_the_statistics_module(count):
    """Which has them since Python 3.8, and runs are judged in 3.6, too."""
    values = [(7 * n * n + 3) % 101 / 10 for n in range(count)]
    known = statistics.quantiles(values, n=10, method="inclusive")
    found = [epoch_statistics.tenth(values, which) for which in range(1, 10)]
    assert found == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize(
    ("wall", "cpu", "seconds"),
    [
        ([1.0, 21.0], [2.0, 2.0], 16.9),  # stopped for 20 s in its second epoch of two, with two threads
        ([21.0], [2.0], 16.9),  # in its only one: a tenth of it may be idle
        ([100.0] * 3, [96.0, 95.0, 96.0], 0.0),  # each waits for a disk, about as long
        ([1.0] * 300, [0.9] * 300, 0.0),
        ([60.0] * 12, [48.0] * 12, 0.0),  # all wait alike, for more than a tenth
        ([10.0, 14.5], [10.0, 12.0], 0.0),  # 1.05 s beyond a tenth of it
        ([10.0, 14.6], [9.0, 10.0], 3.14),
    ],
)
def test_a_standstill_in_an_epoch_is_seen(wall, cpu, seconds):
    changes = {"times": {"epochs_s": wall, "epochs_cpu_s": cpu}}
    found = of_the_run.standstill(row(**changes), LIMITS)
    assert (found[0] * LIMITS["standstill_s"] if found else 0) == pytest.approx(seconds)


def test_waiting_for_the_lock_of_the_compiler_is_named():
    _, reason = of_the_run.standstill(row(times={"build_idle_s": 9.0, "lock_wait_s": 8.5}), LIMITS)
    assert reason.endswith("for 9.0 s while it was built; it waited 8.5 s for another process to compile")


def test_on_a_gpu_the_processor_may_wait():
    on_gpu = {**row(times={"compile_idle_s": 60.0}), "device": "gpu"}
    assert of_the_run.standstill(on_gpu, LIMITS) is None


def test_the_worst_flag_is_the_verdict():
    uneven = epochs(1.0, 1.0, 1.0, 2.0)
    paused = {"times": {**uneven["times"], "suspended_s": 60.0}}
    changes = {**paused, "threads": {"pinned_cores": None}}
    expected = ["unstable", "paused", "shared", "throttled", "stolen"]
    steps = [uneven, paused, changes]
    steps += [{**changes, **around(swapped_pages=9999)}]
    steps += [{**changes, **around(swapped_pages=9999, steal_share=0.5)}]
    assert [verdict_of(**step) for step in steps] == expected
