"""collect.py: every planned run is a row, every fact a column, and foreign records are refused."""

import csv
import dataclasses
import json
import re
import subprocess
import sys

import factory
import numpy as np
import pyarrow.parquet as pq
import pytest
from paths import ROOT

from scripts.analysis import flags
from scripts.analysis.experiment import read_runs
from scripts.core import record
from scripts.core.errors import UserError
from scripts.data import integrity, prepare, splits
from scripts.records import csv_fields, foreign, read_records, run_flags, run_table

SCRIPT = ROOT / "scripts", "collect"
PLAN = factory.plan(["letter"], ["tensorflow", "pytorch"], folds=3)


def run_script(folder, *more):
    return subprocess.run(
        [
            *(sys.executable, *SCRIPT, "--experiment", folder / "experiment.json"),
            *("--runs", folder / "runs", "--parquet", folder / "t" / "runs.parquet"),
            *("--csv", folder / "t" / "runs.csv", *more),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_columns_are_run_id_state_and_every_leaf_of_the_record():
    assert run_table.COLUMNS[:12] == [
        *("settings", "device", "framework", "implementation", "dataset", "split", "replicate", "fold"),
        "status",
        "failure",
        "validity",
        "older_code",
    ]
    assert sorted(run_table.COLUMNS) == sorted([*record.columns(), *run_table.STATUS])


def test_one_row_a_planned_run_in_the_order_of_the_plan(tmp_path):
    made = [factory.make(run, train_s=10.0 + n) for n, run in enumerate(PLAN) if n != 3]
    runs, _ = factory.table(PLAN, made, tmp_path)
    assert runs[run_table.RUN_ID].to_dict("records") == [vars(run) for run in PLAN]
    assert list(runs["status"]) == ["ok"] * 3 + ["missing"] + ["ok"] * 4
    assert runs["total_s"].isna().sum() == 1
    assert runs["total_s"][4] == 16.0  # 10 + 4 of training, 2 of building and compiling


def test_missing_run_is_null_in_every_fact(tmp_path):
    runs, _ = factory.table(PLAN, [], tmp_path)
    facts = runs.drop(columns=[*run_table.RUN_ID, "status"])
    assert len(runs) == len(PLAN)
    assert facts.isna().all(axis=None)


def test_a_recorded_failure_is_a_row_that_says_why(tmp_path):
    failure = record.Failure("it diverged", "2026-01-01T00:00:00+00:00", "2026-01-01T00:01:00+00:00", "node1")
    record.write_failure(failure, PLAN[1].path(tmp_path / "runs"))
    folder = factory.write_all([factory.make(PLAN[0])], tmp_path / "runs")
    run_table.write_parquet(read_records.collect(factory.CONFIG, PLAN, folder), tmp_path / "runs.parquet")
    runs = read_runs(tmp_path / "runs.parquet")
    assert list(runs["status"]) == ["ok", "failed"] + ["missing"] * 6
    assert list(runs["failure"].dropna()) == ["it diverged"]
    assert runs.drop(columns=[*run_table.RUN_ID, "status", "failure"]).iloc[1].isna().all()
    found = flags.table(runs)
    assert list(found["flag"]) == ["failed"] + ["missing"] * 6 and found["reason"][0] == "it diverged"


def test_types_do_not_depend_on_what_is_missing(tmp_path):
    empty, full = tmp_path / "empty", tmp_path / "full"
    factory.table(PLAN, [], empty)
    factory.table(PLAN, [factory.make(run) for run in PLAN], full)
    schemas = [pq.read_schema(folder / "runs.parquet") for folder in (empty, full)]
    assert schemas[0].equals(schemas[1])
    assert str(schemas[0].field("train_rows").type) == "int64"
    assert str(schemas[0].field("gpu_memory_mb").type) == "int64"
    assert str(schemas[0].field("load_before").type) == "double"


def test_lists_stay_lists_in_parquet_and_mappings_are_json(tmp_path):
    made = factory.make(PLAN[0])
    runs, _ = factory.table(PLAN[:1], [made], tmp_path)
    assert list(runs["epochs_s"][0]) == made.times.epochs_s
    assert json.loads(runs["network"][0]) == made.origin.network
    assert json.loads(runs["versions"][0]) == {"numpy": "2.1.0"}


def test_csv_is_full_precision_with_json_text(tmp_path):
    made = factory.make(PLAN[0], train_s=1 / 3)
    path = tmp_path / "runs.csv"
    rows = read_records.collect(factory.CONFIG, PLAN[:2], factory.write_all([made], tmp_path / "runs"))
    run_table.write_csv(rows, path)
    with path.open(newline="") as file:
        ok, missing = csv.DictReader(file)
    assert list(ok) == run_table.COLUMNS
    assert float(ok["train_s"]) == 1 / 3
    assert json.loads(ok["epochs_s"]) == made.times.epochs_s
    assert json.loads(ok["training"]) == made.origin.training
    assert missing["status"] == "missing" and missing["train_s"] == ""


NUMBERS = [
    0.0,
    -0.0,
    1.0,
    0.1,
    1 / 3,
    1e-4,
    9.9e-5,
    1e-9,
    123456.789,
    2.0**53,
    1e9 + 0.5,
    1e15 / 7,
    1e300,
    5e-324,
]


def test_lists_and_mappings_are_the_json_that_python_writes():
    random = np.random.default_rng(1)
    lists = [NUMBERS, [0.5], [], (10.0 ** random.uniform(-8, 12, 2000)).tolist(), [1, 2.5]]
    others = ["a, b", None, True, 3, 0.1, [0, 1], {"b": 1, "a": "x, y"}, [{"flag": "stale", "excess": None}]]
    empty = dict.fromkeys(run_table.COLUMNS)
    for values, name in ((lists, "epochs_s"), (others, "versions"), (NUMBERS, "train_s")):
        compact = [run_table.compact({**empty, name: value})[name] for value in values]
        assert csv_fields.fields(compact) == list(map(as_json, values))


def as_json(value):
    return json.dumps(value, sort_keys=isinstance(value, dict)) if isinstance(value, list | dict) else value


def test_batches_of_rows_are_one_table(tmp_path, monkeypatch):
    """Written a few at a time, with lists as arrays and without, the files are those of all rows at once."""
    made = [factory.make(run, train_s=7 / (1 + n)) for n, run in enumerate(PLAN[:2])]
    folder = factory.write_all(made, tmp_path / "runs")
    rows = read_records.collect(factory.CONFIG, PLAN, folder)
    run_table.write_parquet(rows, tmp_path / "whole.parquet")
    run_table.write_csv(rows, tmp_path / "whole.csv")
    monkeypatch.setattr(run_table, "BATCH", 2)
    loose = [read_records.row(one.run, read_records.facts_of(one, {})) for one in made]
    loose += [read_records.row(run, {"status": "missing"}) for run in PLAN[2:]]
    run_flags.add_flags(loose, factory.CONFIG["limits"])
    run_table.write_parquet(loose, tmp_path / "few.parquet")
    run_table.write_csv(loose, tmp_path / "few.csv")
    assert isinstance(loose[0]["epochs_s"], list) and isinstance(rows[0]["epochs_s"], np.ndarray)
    assert pq.read_table(tmp_path / "few.parquet").equals(pq.read_table(tmp_path / "whole.parquet"))
    assert (tmp_path / "few.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"training": {"epochs": 1}}, "training.letter"),
        ({"network": {"input_scale": 15}}, "networks.letter"),
    ],
)
def test_record_of_another_config_is_refused_by_name(tmp_path, change, named):
    stale = factory.make(PLAN[2], origin=change)
    folder = factory.write_all([factory.make(PLAN[0]), stale], tmp_path / "runs")
    with pytest.raises(UserError) as refused:
        read_records.collect(factory.CONFIG, PLAN, folder)
    message, path = str(refused.value), str(stale.run.path(folder))
    assert f"another {named} than" in message
    assert f"add to your command:\n  --forcerun {path}\n" in message
    assert "delete" in message
    assert str(PLAN[0].path(folder)) not in message


@pytest.fixture
def sources(tmp_path):
    """Prepared data and splits as the records of the factory tell of them, below a folder."""
    x, y = np.zeros((30, 16), np.uint8), np.arange(30) % 26
    prepare.write(tmp_path / "data" / "letter", "letter", x, y, list("abcdefghijklmnopqrstuvwxyz"))
    rows = np.arange(30)
    splits.write(tmp_path / "splits" / "letter" / "holdout.npz", splits.holdout(rows, 0.3, 2020))
    splits.write(tmp_path / "splits" / "letter" / "kfold.npz", splits.kfold(rows, 3, 2020))
    return foreign.Sources(tmp_path / "data", tmp_path / "splits")


def made_from(sources, run):
    digests = {
        "data_digest": integrity.data_digest(sources.data / run.dataset),
        "split_digest": integrity.split_digests(sources.splits / run.dataset / f"{run.split}.npz")[run.fold],
    }
    return factory.make(run, origin=digests)


def test_records_made_from_what_is_present_are_taken(tmp_path, sources):
    folder = factory.write_all([made_from(sources, run) for run in PLAN], tmp_path / "runs")
    rows = read_records.collect(factory.CONFIG, PLAN, folder, sources=sources)
    assert {row["status"] for row in rows} == {"ok"}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("data_digest", "was made from other data than {}/data/letter holds (digest strange, there "),
        ("split_digest", "was made with another split than {}/splits/letter/kfold.npz holds (digest strange"),
    ],
)
def test_record_of_other_data_or_another_split_is_refused_by_name(tmp_path, sources, field, words):
    made = [made_from(sources, run) for run in PLAN]
    setattr(made[2].origin, field, "strange")
    folder = factory.write_all(made, tmp_path / "runs")
    with pytest.raises(UserError) as refused:
        read_records.collect(factory.CONFIG, PLAN, folder, sources=sources)
    reported = str(refused.value).splitlines()
    assert reported[0] == "a record of this experiment is not usable:"
    assert made[2].run.path("").as_posix() + ": " + words.format(tmp_path) in reported[1]
    assert reported[3] == f"  --forcerun {made[2].run.path(folder)}"


def test_of_what_is_finished_so_far_records_of_another_config_are_left_out(tmp_path, sources):
    """Their turn has not come yet."""
    made = [made_from(sources, run) for run in PLAN]
    made[2].origin.data_digest = "strange"
    folder, left_out = factory.write_all(made, tmp_path / "runs"), []
    rows = read_records.collect(factory.CONFIG, PLAN, folder, sources=sources, left_out=left_out)
    assert [row["status"] for row in rows] == ["ok", "ok", "missing", *["ok"] * (len(PLAN) - 3)]
    assert len(left_out) == 1 and "was made from other data" in left_out[0]


def test_splits_of_another_seed_make_every_record_foreign(tmp_path, sources):
    folder = factory.write_all([made_from(sources, run) for run in PLAN], tmp_path / "runs")
    splits.write(tmp_path / "splits" / "letter" / "kfold.npz", splits.kfold(np.arange(30), 3, 1))
    with pytest.raises(UserError, match=r"^6 records of this experiment are not usable") as refused:
        read_records.collect(
            factory.CONFIG, PLAN, folder, sources=foreign.Sources(sources.data, sources.splits)
        )
    assert "holdout" not in str(refused.value)


def test_record_is_taken_where_no_data_is_left_to_compare(tmp_path):
    folder = factory.write_all([factory.make(PLAN[0])], tmp_path / "runs")
    sources = foreign.Sources(tmp_path / "data", tmp_path / "splits")
    assert read_records.collect(factory.CONFIG, PLAN[:1], folder, sources=sources)[0]["status"] == "ok"


@pytest.mark.parametrize("name", ["data/letter/data.json", "splits/letter/kfold.npz"])
def test_damaged_data_or_splits_are_named(tmp_path, sources, name):
    folder = factory.write_all([made_from(sources, run) for run in PLAN], tmp_path / "runs")
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(UserError, match=rf"{re.escape(name)}: not .*; delete"):
        read_records.collect(factory.CONFIG, PLAN, folder, sources=sources)


NAN, EPOCHS = float("nan"), 300  # of letter


@pytest.mark.parametrize(
    ("section", "change", "doubt"),
    [
        ("times", {"train_s": 0.0}, "train_s is 0.0, not above 0"),
        ("times", {"train_s": -12.0}, "train_s is -12.0, not above 0"),
        ("times", {"train_s": NAN}, "train_s is nan, not a finite number"),
        ("times", {"train_s": "12"}, "train_s is 12, not a finite number"),
        ("times", {"train_s": None}, "train_s is None, not a finite number"),
        ("times", {"total_s": -1.0}, "total_s is -1.0, not above 0"),
        ("times", {"compile_s": -0.5}, "compile_s is -0.5, below 0"),
        ("times", {"epochs_s": [12.0]}, "epochs_s has 1 values for 300 epochs"),
        ("times", {"epochs_s": [-1.0, *[13 / 299] * 299]}, "an epoch of epochs_s took -1.0 s"),
        ("times", {"epochs_s": [NAN] * EPOCHS}, "epochs_s is [nan, "),
        ("times", {"epochs_s": 12.0}, "epochs_s is 12.0, not a list of finite numbers"),
        ("learning", {"test_accuracy": 97.5}, "test_accuracy is 97.5, not between 0 and 1"),
        ("learning", {"test_accuracy": -0.1}, "test_accuracy is -0.1, not between 0 and 1"),
        ("learning", {"test_accuracy": True}, "test_accuracy is True, not a finite number"),
        ("learning", {"test_loss": float("inf")}, "test_loss is inf, not a finite number"),
        ("learning", {"test_loss": -1.0}, "test_loss is -1.0, below 0"),
        ("learning", {"train_losses": [1.0] * 299}, "train_losses has 299 values for 300 epochs"),
        ("learning", {"train_losses": [NAN] * EPOCHS}, "train_losses is [nan, "),
        ("learning", {"parameters": 0}, "parameters is 0, below 1"),
        ("learning", {"test_rows": 0}, "test_rows is 0, below 1"),
        ("learning", {"train_rows": 14000.5}, "train_rows is 14000.5, not a whole number"),
        ("threads", {"threads": 0}, "threads is 0, below 1"),
        ("surroundings", {"steal_share": "none"}, "steal_share is none, not a finite number or null"),
        ("machine", {"host": 7}, "host is 7, not a text"),
        ("software", {"versions": {"numpy": 2}}, "versions is {'numpy': 2}, not a mapping"),
    ],
)
def test_record_with_absurd_numbers_is_refused_by_name(tmp_path, section, change, doubt):
    made = dataclasses.asdict(factory.make(PLAN[0]))
    made[section].update(change)
    path = PLAN[0].path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(made))
    with pytest.raises(UserError) as refused:
        read_records.collect(factory.CONFIG, PLAN, tmp_path)
    assert f"{PLAN[0].path('')}: cannot be that of a real run: {doubt}" in str(refused.value)


def test_record_without_a_time_is_refused_by_name(tmp_path):
    made = factory.make(PLAN[0])
    made.started = "yesterday"
    record.write(made, PLAN[0].path(tmp_path))
    with pytest.raises(UserError, match="started is 'yesterday', not a time"):
        read_records.collect(factory.CONFIG, PLAN, tmp_path)


def test_record_in_the_place_of_another_run_is_refused(tmp_path):
    made = factory.make(PLAN[0])
    record.write(made, PLAN[1].path(tmp_path))
    with pytest.raises(UserError, match="record of another run"):
        read_records.collect(factory.CONFIG, PLAN, tmp_path)


def test_damaged_record_is_refused_by_name(tmp_path):
    path = PLAN[0].path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text('{"record_version": 1, "run"')
    with pytest.raises(UserError, match=r"fold-0\.json: not a run record"):
        read_records.collect(factory.CONFIG, PLAN, tmp_path)


def test_many_misfits_are_counted_not_listed(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"])
    folder = factory.write_all([factory.make(run, origin={"seed": 1}) for run in plan], tmp_path)
    with pytest.raises(UserError) as refused:
        read_records.collect(factory.CONFIG, plan, folder)
    assert "11 records" in str(refused.value)
    assert "and 6 more" in str(refused.value)


def test_script_writes_both_tables_and_says_what_is_missing(tmp_path):
    factory.write_experiment(PLAN, tmp_path / "experiment.json")
    factory.write_all([factory.make(run) for run in PLAN[:-1]], tmp_path / "runs")
    done = run_script(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "7 of 8 runs" in done.stdout and "1 are missing" in done.stderr
    assert len(read_runs(tmp_path / "t" / "runs.parquet")) == 8
    assert len((tmp_path / "t" / "runs.csv").read_text().splitlines()) == 9


def test_script_fails_with_one_message_and_writes_nothing(tmp_path):
    factory.write_experiment(PLAN, tmp_path / "experiment.json")
    factory.write_all([factory.make(PLAN[0], origin={"seed": 1})], tmp_path / "runs")
    done = run_script(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("content", ["", "{}", '{"config": {}, "runs": [{"fold": 0}]}'])
def test_damaged_experiment_is_named(tmp_path, content):
    (tmp_path / "experiment.json").write_text(content)
    done = run_script(tmp_path)
    assert done.returncode == 1
    assert "experiment.json" in done.stderr and "Traceback" not in done.stderr
