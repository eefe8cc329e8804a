"""Exports: whole, the same every time, without this machine in them; and read with distrust."""

import copy
import gzip
import io
import json
import subprocess
import sys
import tarfile

import factory
import pytest
from paths import ROOT

from scripts.compare import archive, export, sources
from scripts.core import record
from scripts.core.errors import UserError

SCRIPT = ROOT / "scripts", "export"
OF_CRATE = ("README.md", "Snakefile", "ro-crate-metadata.json")


@pytest.fixture
def results(tmp_path):
    """Results of MNIST in PyTorch: holdout and 3 folds, of which the last is missing; a table, a figure."""
    config = copy.deepcopy(factory.CONFIG)
    config["data"]["mirror"] = "/home/somebody/mirror"
    config["cluster"]["account"] = "secret-account"
    folder = tmp_path / "study"
    (folder / "tables").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "raw").mkdir()
    planned = factory.plan(["mnist"], ["pytorch"], folds=3)
    path = factory.write_experiment(planned, folder / "experiment.json", config)
    content = json.loads(path.read_text())
    path.write_text(
        json.dumps({**content, "analysis": {"environment": "/home/somebody/.venv", "python": "3"}})
    )
    factory.write_all([factory.make(run) for run in planned[:-1]], folder / "runs")
    (folder / "tables/runs.csv").write_text("a\n1\n")
    (folder / "figures/mnist.svg").write_text("<svg/>")
    (folder / "raw/downloaded").write_text("not to be exported")
    (folder / "tables/.half-written.csv").write_text("")
    return folder


def test_it_may_hold_records_alone(results, tmp_path):
    path, reported = export.export(results, tmp_path / "small.tar.gz", folders=())
    files, _ = archive.unpack(path)
    assert {name.split("/")[0] for name in files} == {"experiment.json", "envs", "runs", *OF_CRATE}
    assert not any("tables" in sentence for sentence in reported)


def test_it_holds_records_tables_figures_config_and_pins(results):
    path, reported = export.export(results)
    assert path == results / "exports" / "study-node1-2026-01-01.tar.gz"
    files, facts = archive.unpack(path)
    one = "runs/published/cpu/pytorch/idiomatic/mnist/holdout/fold-0.json"
    assert set(files) == {
        *OF_CRATE,
        "experiment.json",
        "envs/analysis.yaml",
        "envs/pytorch.yaml",
        "figures/mnist.svg",
        "tables/runs.csv",
        one,
        *(f"runs/published/cpu/pytorch/idiomatic/mnist/kfold/fold-{n}.json" for n in (0, 1)),
    }
    assert files[one] == (results / one).read_bytes()
    assert facts["planned"] == 4 and facts["finished"] == 3
    assert any("missing runs: 1;" in sentence for sentence in reported)


def test_a_recorded_failure_goes_along_and_is_no_finished_run(results):
    name = "runs/published/cpu/pytorch/idiomatic/mnist/kfold/fold-2.json"
    record.write_failure(record.Failure("it diverged", "2026-01-01", "2026-01-01", "node1"), results / name)
    path, _ = export.export(results)
    files, facts = archive.unpack(path)
    assert b"it diverged" in files[name]
    assert facts["planned"] == 4 and facts["finished"] == 3
    source = sources.read_export(path)
    assert list(source.runs["status"]) == ["ok"] * 3 + ["failed"]


def test_names_with_an_underscore_go_along(results):
    """keras_jax's pins, and the table of what Keras costs."""
    planned = factory.plan(["mnist"], ["pytorch", "keras_jax"], splits=["holdout"])
    factory.write_experiment(planned, results / "experiment.json")
    factory.write_all([factory.make(run) for run in planned], results / "runs")
    (results / "tables/keras_costs.csv").write_text("a")
    files, _ = archive.unpack(export.export(results)[0])
    assert {"envs/keras_jax.yaml", "tables/keras_costs.csv"} <= set(files)


def test_the_same_results_give_the_same_bytes(results, tmp_path):
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    export.export(results, first)
    (results / "experiment.json").touch()
    export.export(results, second)
    assert first.read_bytes() == second.read_bytes()
    (results / "tables/runs.csv").write_text("a\n2\n")
    export.export(results, second)
    assert first.read_bytes() != second.read_bytes()


def test_nothing_of_this_machine_but_what_records_hold(results):
    path, _ = export.export(results)
    raw = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    for secret in ("somebody", "secret-account", str(results.parent)):
        assert secret not in raw
    with tarfile.open(path) as tar:
        assert {(member.uid, member.uname, member.mode) for member in tar} == {(0, "", 0o644)}


def test_tables_older_than_records_are_told(results):
    assert not any("older than the records" in line for line in export.export(results)[1])
    factory.write_all([factory.make(factory.plan(["mnist"], ["pytorch"], folds=3)[-1])], results / "runs")
    (results / "tables/runs.csv").unlink()
    assert any("older than the records" in line for line in export.export(results)[1])


def test_a_damaged_record_is_named_and_nothing_is_written(results):
    bad = results / "runs/published/cpu/pytorch/idiomatic/mnist/kfold/fold-1.json"
    bad.write_text("{")
    with pytest.raises(UserError, match=r"kfold/fold-1\.json: not a run record.*make it again"):
        export.export(results)
    assert not (results / "exports").exists()


def test_without_runs_or_experiment_it_says_what_to_name(results, tmp_path):
    for path in (results / "runs").rglob("*.json"):
        path.unlink()
    with pytest.raises(UserError, match="no run is finished"):
        export.export(results)
    done = subprocess.run([sys.executable, *SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "has no experiment.json" in done.stderr
    assert "Traceback" not in done.stderr


# ---- reading what others send ----


def packed(path, *members, folder="study"):
    """A tar.gz with these members: (name, content) or a TarInfo; what export.py would never write."""
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(f"{folder}/{member[0]}")
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return path


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def manifest(**files):
    known = {
        name: {"bytes": len(content), "sha256": archive.digest(content)} for name, content in files.items()
    }
    return archive.MANIFEST, json.dumps({"format": archive.FORMAT, "files": known}).encode()


EXPERIMENT = ("experiment.json", b"{}")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("../../evil.json", b"x")], "evil.json', which no export does"),
        ([("runs/../../x.json", b"x")], "which no export does"),
        ([("tables/x.py", b"x")], "tables/x.py', which no export does"),
        ([link("study/experiment.json", "/etc/passwd")], "which no export does"),
        ([link("study/experiment.json", "study/x", tarfile.LNKTYPE)], "which no export does"),
        ([link("study/experiment.json", "", tarfile.FIFOTYPE)], "which no export does"),
        ([EXPERIMENT, EXPERIMENT], "twice"),
        ([EXPERIMENT], "its format is None"),
        (
            [manifest(**{"experiment.json": b"{ }"}), EXPERIMENT],
            "experiment.json is not what its manifest says",
        ),
        ([manifest(), EXPERIMENT], "experiment.json is in the file or in its manifest"),
        ([(archive.MANIFEST, b"[]"), EXPERIMENT], "not an export of trainclock"),
        ([(archive.MANIFEST, b"\xff"), EXPERIMENT], "not an export of trainclock"),
    ],
)
def test_what_no_export_holds_is_refused(tmp_path, members, message):
    path = packed(tmp_path / "sent.tar.gz", *members)
    with pytest.raises(UserError, match=message):
        archive.unpack(path)
    assert list(tmp_path.iterdir()) == [path]


def test_absolute_names_and_a_second_folder_are_refused(tmp_path):
    absolute = tarfile.TarInfo("/study/experiment.json")
    with pytest.raises(UserError, match="which no export does"):
        archive.unpack(packed(tmp_path / "a.tar.gz", absolute))
    second = tarfile.TarInfo("other/tables/x.csv")
    with pytest.raises(UserError, match="not one folder"):
        archive.unpack(packed(tmp_path / "b.tar.gz", EXPERIMENT, second))


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    bomb = packed(tmp_path / "bomb.tar.gz", ("tables/x.csv", b"0" * 1_000_000))
    assert bomb.stat().st_size < 5000
    with pytest.raises(UserError, match="unpacks to more than an experiment ever has"):
        archive.unpack(bomb)
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    with pytest.raises(UserError, match="too many files"):
        archive.unpack(packed(tmp_path / "many.tar.gz", EXPERIMENT, ("tables/x.csv", b"")))


def test_cut_off_flipped_and_other_files_are_refused(results, tmp_path):
    whole = export.export(results)[0].read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    for content in (whole[:middle], flipped, b"", b"PK\x03\x04", gzip.compress(b"no tar")):
        path = tmp_path / "sent.tar.gz"
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"sent\.tar\.gz: not an export of trainclock, or damaged"):
            archive.unpack(path)
