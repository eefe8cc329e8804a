# What a job asks a cluster for, from `cluster:` in the config. None leaves a request out.
from resume import clear_leftovers
from advice import advice

CLUSTER = config["cluster"]


# On a cluster every job has cores of its own: any number of jobs at a time. Within a job the plugin runs one
# after the other; that `timed_run` is 1 tells Snakemake so when it adds up what the job needs.
resource_scopes:
    timed_run="local",


if workflow.is_main_process:
    clear_leftovers(
        Path.cwd(),
        logger.warning,
        dryrun=workflow.output_settings.dryrun,
        finished=finished_records,
    )


def on_gpu(wildcards):
    """The parity certificate has no device: it is of the CPU."""
    return wildcards.get("device") == "gpu"


def partition(wildcards):
    own = CLUSTER["gpu_partition"] if on_gpu(wildcards) else ""
    return str(own or CLUSTER["partition"]) or None


def gpus(wildcards):
    """Number of GPUs of a run, if the config names a number."""
    wanted = CLUSTER["gpu"]
    return wanted if on_gpu(wildcards) and isinstance(wanted, int) else None


def gres(wildcards):
    """Kind and number of GPUs of a run, if the config names those."""
    wanted = CLUSTER["gpu"]
    return wanted if on_gpu(wildcards) and isinstance(wanted, str) else None


def named(key):
    """A request that is the same for all jobs."""
    return lambda wildcards: str(CLUSTER[key]) or None


def further_options(wildcards):
    options = ["--exclusive"] if CLUSTER["exclusive"] else []
    return " ".join(options + CLUSTER["extra"].split()) or None


def memory_mb(wildcards, attempt):
    return config["memory_mb"] * attempt


def runtime(wildcards, attempt):
    minutes = CLUSTER["runtime"]
    return minutes.get(wildcards.dataset, minutes["default"]) * attempt


def runtime_of_first_steps(wildcards, attempt):
    return 10 * attempt


def runtime_of_probe(wildcards, attempt):
    return 15 * attempt


# Of every rule whose jobs go to the cluster. The names are those of snakemake-executor-plugin-slurm.
REQUESTS = {
    "slurm_partition": partition,
    "slurm_account": named("account"),
    "constraint": named("constraint"),
    "qos": named("qos"),
    "gpu": gpus,
    "gres": gres,
    "slurm_extra": further_options,
    "mem_mb": memory_mb,
}


def one_job(name):
    """A group whose members all share one job: profiles/slurm joins what belongs to `bundle`."""
    workflow.parent_groupids[name] = "bundle"
    return name


def bundle(wildcards):
    """The group of a run that shares its job with other folds; None: a job of its own."""
    part = bundle_part(config, wildcards.dataset, wildcards.split, int(wildcards.fold))
    if part is None:
        return None
    names = [value for name, value in wildcards.items() if name != "fold"]
    return one_job("-".join([*names, str(part)]))


def parity_bundle(wildcards):
    return one_job(f"parity-{wildcards.dataset}")


def say_limits(logs):
    """Limits of the cluster that were hit, and the keys that set them."""
    texts = [Path(log).read_text(errors="replace") for log in logs]
    for sentence in advice("\n".join(texts)):
        logger.error(f"trainclock: {sentence}")
