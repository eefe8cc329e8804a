"""The comparisons: what they ask of this machine, that they compare like with like, and what is missing."""

import json
import sys
from pathlib import Path

import factory
import pytest
from paths import ROOT

from bench import alternate, comparisons, epochs
from bench.comparisons import clock, command, dry_run, folds, results
from bench.place import Lacking, Place
from scripts.analysis.experiment import read_runs
from scripts.core import record, training_spec
from scripts.core.errors import UserError
from scripts.training import instrument_cost


def place(folder, environments=Path("nowhere"), **sizes):
    """A small place; environments are not there."""
    sizes = {"planned": 72, "records": 24, "rows": 400, "epochs": 2, **sizes}
    return Place(folder, environments, threads=1, **sizes)


def environment(folder, framework):
    """An environment that has a Python and nothing in it."""
    python = folder / framework / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return folder


@pytest.mark.parametrize("name", comparisons.NAMES)
def test_every_comparison_says_what_it_compares(name):
    about = comparisons.module(name)
    assert about.TITLE and about.A
    assert about.B is None or about.B
    subjects = [case.subject for case in about.cases(place(Path("nowhere")))]
    assert len(subjects) == len({*subjects}) > 0


def test_the_registry_lists_every_module():
    folder = ROOT / "bench" / "comparisons"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == {*comparisons.NAMES}


@pytest.mark.parametrize("name", [name for name in comparisons.NAMES if name not in ("dry_run", "results")])
def test_a_missing_environment_is_named_with_the_command_that_makes_it(name, tmp_path):
    for case in comparisons.module(name).cases(place(tmp_path)):
        with pytest.raises(Lacking, match=r"no environment .*nowhere/\w+; to make it: .*envs/\w+\.yaml"):
            case.sides()


def test_missing_data_are_named_with_the_command_that_gets_them(tmp_path, monkeypatch):
    monkeypatch.delenv("TRAINCLOCK_MIRROR", raising=False)
    monkeypatch.setattr("bench.place.ROOT", tmp_path)
    with pytest.raises(Lacking, match=r"no data of mnist; .*snakemake --cores 1 results/data/mnist/x\.npy"):
        place(tmp_path).data("mnist")


def test_a_preparation_that_fails_gives_its_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINCLOCK_MIRROR", str(tmp_path / "missing"))
    monkeypatch.setattr("bench.place.ROOT", tmp_path)
    with pytest.raises(Lacking, match=r"download mnist .* failed: \S+"):
        place(tmp_path).data("mnist")


@pytest.mark.parametrize(("runs", "planned"), [(72, 72), (1008, 1008), (1000, 1008), (10_000, 10_080)])
def test_a_dry_run_plans_at_least_as_many_runs_as_asked(runs, planned):
    chosen = dry_run.config(runs)
    assert dry_run.CELLS * (1 + chosen["split"]["folds"]) * len(chosen["seeds"]) == planned
    subjects = [case.subject for case in dry_run.cases(place(Path("nowhere"), planned=runs))]
    assert len(set(subjects)) == 3 and subjects[:1] == [f"{planned:,} planned runs"]


@pytest.mark.slow
def test_the_bare_snakefile_plans_the_files_of_trainclock(tmp_path):
    """With two seeds, so that replicates have their files, too."""
    chosen = {**dry_run.config(72), "seeds": [1, 2], "datasets": ["mnist", "letter"]}
    files = []
    for name, more in (("Snakefile", {}), ("bench/bare/Snakefile", dry_run.results_of(chosen))):
        folder = tmp_path / Path(name).parent.name
        words = dry_run.dry_run(ROOT / name, folder, {**chosen, **more})
        printed, _ = alternate.run(alternate.command(*words, "--summary"))
        files.append({line.split("\t")[0] for line in printed.splitlines() if line.startswith("results/")})
    assert files[0] == files[1]
    assert len(files[0]) > 72


@pytest.mark.slow
def test_the_dry_runs_that_are_measured_succeed(tmp_path):
    for side in dry_run.sides(place(tmp_path), dry_run.config(72)):
        alternate.run(side.command)


def test_steps_over_synthetic_records_are_measured_in_the_order_of_their_files(tmp_path):
    commands = [results.sides(place(tmp_path), step)[0].command for step in results.STEPS]
    alternate.run(commands[0])
    file = tmp_path / "experiment" / "tables" / "runs.parquet"
    runs = read_runs(file)
    assert len(runs) == 24
    assert {*runs["status"]} == {"ok"}
    assert all(str(file) in command.words for command in commands)


def test_a_run_is_compared_with_what_its_own_record_counts(tmp_path):
    here = place(tmp_path / "work", environment(tmp_path / "envs", "pytorch"))
    whole, part = command.sides(here, "pytorch")
    assert whole.command == part.command
    assert whole.read is None
    words = part.command.words
    assert words[1:4] == ("-I", str(ROOT / "scripts"), "train")
    (run,) = factory.plan(("digits",), ("pytorch",), splits=["holdout"])
    record.write(factory.make(run, train_s=12.0), Path(words[words.index("--out") + 1]))
    assert part.read("what it prints") == alternate.Seconds(14.0, None)


def test_folds_in_one_job_are_compared_with_a_job_for_each(tmp_path):
    here = place(tmp_path / "work", environment(tmp_path / "envs", "pytorch"))
    together, alone = (side.command.words for side in folds.sides(here, "pytorch"))
    assert together[2:4] == (str(ROOT / "scripts"), "train-folds")
    assert together[together.index("--folds") + 1 :][:5] == ("0", "1", "2", "3", "--outputs")
    assert alone[-1].count(" && ") == 3 and alone[-1].count(" supervise ") == 4
    assert alone[-1].count(" scripts train ".replace("scripts", str(ROOT / "scripts"))) == 4
    assert alone[-1].count("/bin/python ") == 8
    for run in factory.plan(("digits",), ("pytorch",), splits=["kfold"], folds=4):
        record.write(
            factory.make(run, train_s=2.0), tmp_path / f"work/folds/pytorch/alone/fold-{run.fold}.json"
        )
    assert folds.epochs(here)[1].read("what they print").wall_s == pytest.approx(8.0)


def test_the_clock_is_read_from_the_table_of_its_step(tmp_path):
    here = place(tmp_path / "work", environment(tmp_path / "envs", "pytorch"))
    instrument, epoch = clock.sides(here, "pytorch")
    assert instrument.command == epoch.command
    assert "instrument-cost" in epoch.command.words
    (run,) = factory.plan(("digits",), ("pytorch",), splits=["holdout"])
    made = factory.make(run, train_s=2.0, times={"instrument_s": 0.006})  # 20 epochs
    printed = "   ".join(instrument_cost.row(made))
    assert instrument.read(printed).wall_s == pytest.approx(0.0003)
    assert epoch.read(printed).wall_s == pytest.approx(0.1)


def test_an_epoch_is_read_from_the_last_line_of_json():
    printed = 'epoch 1/2\n{"wall_s": 2.0, "cpu_s": 3.0}\na warning at the end'
    assert epochs.an_epoch(printed) == alternate.Seconds(2.0, 3.0)


# ---- The loops ----


def test_both_sides_of_an_epoch_train_on_the_same_rows_with_the_same_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(Place, "data", lambda self, dataset: tmp_path / dataset)
    monkeypatch.setattr(Place, "splits", lambda self, dataset: tmp_path / "splits.npz")
    here = place(tmp_path, environment(tmp_path / "envs", "pytorch"))
    case = next(comparisons.module("idiomatic").cases(here))
    ours, theirs = ([*side.command.words] for side in case.sides())
    ours[ours.index("product")] = "pytorch_example"
    assert ours == theirs


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, environments, mirror):
    """A place with environments, whose data are prepared once."""
    return place(tmp_path_factory.mktemp("bench"), environments)


LOOPS = [
    *(("pytorch", loop) for loop in ("product", "pytorch_example", "primitives")),
    *(("tensorflow", "keras_fit"), ("theano", "keras_theano")),
]


@pytest.mark.parametrize(
    ("framework", "loop"), [pytest.param(*pair, marks=pytest.mark.framework(pair[0])) for pair in LOOPS]
)
def test_loops_print_an_epoch(framework, loop, prepared):
    """They fail if their network has another number of parameters than that of the config."""
    printed, _ = alternate.run(prepared.loop(loop, framework, "idiomatic", "mnist"))
    found = epochs.an_epoch(printed)
    assert found.wall_s > 0
    assert found.cpu_s > 0


@pytest.mark.framework("pytorch")
def test_a_loop_of_another_network_is_refused(prepared):
    one = prepared.loop("pytorch_example", "pytorch", "idiomatic", "mnist")
    file = Path(one.words[one.words.index("--network") + 1])
    spec = training_spec.read(file)
    network = {**spec.network, "parameters": 1}
    training_spec.write(training_spec.TrainingSpec("mnist", 1, network, spec.training), file)
    with pytest.raises(UserError, match=r"pytorch_example.py has 1199882 parameters, networks.mnist 1"):
        alternate.run(one)


def test_the_synthetic_experiment_has_as_many_records_as_asked(tmp_path):
    folder = place(tmp_path, records=30).experiment()
    planned = json.loads((folder / "experiment.json").read_text())
    assert len(planned["runs"]) == len([*(folder / "runs").rglob("*.json")]) == 30
