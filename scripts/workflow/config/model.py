"""The config as types: one field a key, with what it means and what is allowed.

schemas/config.schema.json and docs/config.md are generated from here: make docs. Defaults are in config.yaml,
which every experiment lies over: so a key that is missing is a mistake.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Field

from scripts.workflow.config.of_networks import Matched, Network, Training
from scripts.workflow.config.own_data import OwnData
from scripts.workflow.config.section import Count, NotNegative, Section
from scripts.workflow.config.types import at_least_one, is_either, matches, no_repeats, pattern

NONE = type(None)
FOLDER = r"^(?!-)[A-Za-z0-9_./-]*[A-Za-z0-9_.-]/*$"
FOLDER_IN_WORDS = "a folder in letters, digits and _ . / -, no - at its start"
WORD = r"^\S*$"
GPUS = r"^gpu(:[A-Za-z0-9_.]+)?(:[1-9][0-9]*)?$"
COUNT_OR_AUTO = "a whole number or auto"
GPUS_IN_WORDS = "a number of GPUs, or their kind and number as in gpu:a100:1"

Seed = Annotated[int, Field(ge=0, le=4294900000)]
Share = Annotated[float, Field(ge=0, le=1)]
Folder = Annotated[
    str,
    matches(FOLDER, FOLDER_IN_WORDS),
    Field(min_length=1, json_schema_extra=pattern(FOLDER, FOLDER_IN_WORDS)),
]
# A name on the cluster; a number is one, too (accounts often are).
Word = Annotated[
    str | int,
    is_either("a text or a whole number", str, int),
    matches(WORD, "one word"),
    Field(json_schema_extra=pattern(WORD, "one word")),
]
Item = TypeVar("Item")
Choices = Annotated[
    list[Item],
    Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    AfterValidator(no_repeats),
]


# ---- Sections, in the order of config.yaml ----


class Data(Section):
    mirror: Annotated[str | None, is_either("a text or null", str, NONE)] = Field(
        description="Folder or address (http, https, file) that holds the official files, tried before the"
        " official addresses; empty: only these. The variable TRAINCLOCK_MIRROR does the same"
    )
    own: dict[str, OwnData] = Field(
        {}, description="Datasets of your own, by name; `networks` and `training` need entries of that name"
    )


class Split(Section):
    test_size: float = Field(gt=0, lt=1, description="Part of the rows that the holdout split tests on")
    folds: int = Field(ge=2, description="Number of folds of the cross-validation")
    rows: Annotated[Annotated[int, Field(ge=10)] | None, is_either("a whole number or null", int, NONE)] = (
        Field(description="Number of rows of each dataset to use, drawn by the seed; null: all")
    )


class Runtime(Section):
    model_config = ConfigDict(extra="allow")
    # Pydantic's own way to type the keys that are not named.
    __pydantic_extra__: dict[str, Count] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]
    default: Count = Field(description="Minutes for datasets that are not named")


class Cluster(Section):
    partition: Word = Field(description="Partition of all jobs")
    gpu_partition: Word = Field(description="Partition of GPU runs; empty: that of all jobs")
    account: Word = Field(description="Account that is charged")
    constraint: Word = Field(description="Kind of node, so that all runs meet the same processor")
    qos: Word = Field(description="Quality of service")
    gpu: Annotated[
        int | str,
        is_either("a whole number or a text", int, str),
        AfterValidator(at_least_one),
        matches(GPUS, GPUS_IN_WORDS),
    ] = Field(
        description="GPUs of a GPU run: their number (--gpus), or kind and number as in gpu:a100:1 (--gres)",
        json_schema_extra={"minimum": 1, **pattern(GPUS, GPUS_IN_WORDS)},
    )
    exclusive: bool = Field(description="Whole nodes: nobody else disturbs the clock, but cores stay idle")
    extra: str = Field(description="More options of sbatch, as on its command line")
    runtime: Runtime = Field(description="Minutes that one run may take at most, by dataset")


FoldsOfJob = Annotated[
    int | str,
    is_either(COUNT_OR_AUTO, int, str),
    AfterValidator(at_least_one),
    matches("^auto$", COUNT_OR_AUTO),
    Field(json_schema_extra={"minimum": 1, **pattern("^auto$", COUNT_OR_AUTO)}),
]


class FoldsPerJob(Section):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FoldsOfJob] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]
    default: FoldsOfJob = Field(description="Folds for datasets that are not named")


class Limits(Section):
    other_cores: NotNegative = Field(description="Cores that other programs kept busy, on average")
    load_before: NotNegative = Field(description="Without other_cores: load at the start, beyond `threads`")
    steal_share: Share = Field(description="Part of the processor time that the hypervisor gave to others")
    throttled_share: Share = Field(description="Part of the time that a CPU quota, or heat on a GPU, cost")
    thermal_throttles: NotNegative = Field(description="Times that the processor was slowed by heat")
    swapped_pages: NotNegative = Field(description="Pages of memory read from and written to swap")
    cpu_excess: NotNegative = Field(description="CPU seconds over threads x wall seconds; 1: as given")
    standstill_s: NotNegative = Field(
        description="Seconds of building, compiling or an epoch without a processor at work for the run"
    )
    epoch_spread: NotNegative = Field(description="Spread of the epochs over their median ...")
    epoch_noise_s: NotNegative = Field(description="... if it is also at least so many seconds")


class Repeat(Section):
    doubtful: int = Field(ge=0, le=10, description="How often a run whose times are doubtful is repeated")
    wait_s: NotNegative = Field(description="Seconds to wait for the machine to calm down, before each time")
    longest_s: NotNegative = Field(description="A run that took longer is not repeated")


class Comparison(Section):
    confidence: float = Field(
        ge=0.5, lt=1, description="Of all intervals; a test counts below 1 - confidence"
    )
    equivalence_margin: float = Field(gt=0, le=1, description="Accuracies that differ by less are the same")
    bootstrap: int = Field(ge=1000, le=100000, description="Resamples of the folds for an interval")


class Config(Section):
    """The experiment: what is compared, on which data, with which networks and training parameters."""

    model_config = ConfigDict(title="config.yaml of trainclock")

    frameworks: Choices[str] = Field(description="Contenders; each has a module and an env file")
    datasets: Choices[str] = Field(description="Keys of networks and training")
    splits: Choices[Literal["holdout", "kfold"]] = Field(description="How rows are split: once, or in folds")
    devices: Choices[Literal["cpu", "gpu"]] = Field(description="Devices to train on")
    settings: Choices[Literal["published", "matched"]] = Field(
        description="published: what the study left open is each library's default; matched: same initial"
        " weights, batch order and every constant"
    )
    implementations: Choices[Literal["idiomatic", "tuned"]] = Field(
        description="idiomatic: what the framework's own documentation shows; tuned: the same mathematics, as"
        " fast as the framework can"
    )
    results: Folder = Field(description="Folder of the results")
    data: Data = Field(description="Where the official files come from")
    split: Split = Field(description="The same rows for every framework")
    seed: Seed = Field(description="Of splits, initial weights, dropout and batch order")
    seeds: Choices[Seed] | None = Field(
        description="Several seeds in the place of `seed`: everything is made once with each, and intervals"
        " of times are over the seeds; null: `seed` alone"
    )
    on_failure: Literal["stop", "record"] = Field(
        description="stop: no tables until all runs are there; record: tables and report name the failure"
    )
    threads: Count = Field(description="Threads of every framework; more than --cores is lowered")
    thread_wait: Literal["bounded", "library", "sleep"] = Field(
        description="How the threads of a run wait for each other. bounded: they spin for a moment, then"
        " sleep; library: as the OpenMP runtime does if nothing is set; sleep: they sleep at once"
    )
    memory_mb: int = Field(ge=100, description="MiB of memory that one run may need; for cluster schedulers")
    folds_per_job: FoldsPerJob = Field(
        description="Folds of one kind of run that share a job, one after the other, and on a CPU the import"
        " of their framework, by dataset; auto: all, where a run is expected to take less than a minute"
    )
    cluster: Cluster = Field(
        description="What a job asks SLURM for; empty: --default-resources, or the cluster's own default"
    )
    limits: Limits = Field(description="A run beyond one of these limits is flagged, never left out")
    repeat: Repeat = Field(description="Repetition of doubtful runs; the cleanest attempt counts")
    comparison: Comparison = Field(description="How runs are compared")
    compare: list[Annotated[str, Field(min_length=1)]] = Field(
        [],
        description="Folders of results or exports, PATH or LABEL=PATH; the first is the reference",
    )
    environments: Literal["isolated", "current"] = Field(
        description="isolated: an environment for each framework; current: that in which Snakemake runs"
    )
    networks: dict[str, Network] = Field(description="Networks by dataset, the same for every framework")
    training: dict[str, Training] = Field(description="Training by dataset")
    matched: Matched = Field(description="Constants of optimisers for matched settings that training omits")
