# trainclock: the same networks, trained in every framework, timed fairly.
# The map of the workflow. One stage a file in rules/, its steps in the folder of that name in scripts/.
from snakemake.utils import min_version

min_version("9.0")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/environments.smk"
include: "rules/cluster.smk"
include: "rules/data.smk"
include: "rules/training.smk"
include: "rules/parity.smk"
include: "rules/records.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/forecast.smk"
include: "rules/compare.smk"


# On a cluster only what runs in the frameworks becomes jobs (train, probe, first_steps and its reference): the
# rest takes seconds, and downloads need the internet, which nodes have not.
localrules:
    all,
    prepare,
    inputs,
    parity,
    download,
    prepare_data,
    prepare_own,
    split,
    environment,
    experiment,
    network,
    initialise,
    certificate,
    parity_figure,
    parity_passed,
    collect,
    tables,
    figures,
    plan,
    compare,
    explore,
    samples,


rule all:
    """All tables and figures of the experiment (the default)."""
    default_target: True
    input:
        RECORDS,
        targets.tables([table.name for table in TABLES], RESULTS),
        [f"{RESULTS}/figures/{figure.file}.svg" for figure in FIGURES],
        targets.samples(config, RESULTS),
        targets.parity(PAIRS, RESULTS),


rule prepare:
    """Data and environments; the experiment then needs no network."""
    input:
        PREPARED_INPUTS,
        targets.environments_ready(ENVIRONMENT_NAMES, RESULTS),


# `make restore` puts records of an export behind it.
rule inputs:
    """All that runs are made from, without environments."""
    input:
        lambda wildcards: targets.run_inputs(RUNS, RESULTS),
        f"{RESULTS}/experiment.json",


rule parity:
    """The proof that all frameworks train the same network."""
    input:
        targets.parity(PAIRS, RESULTS),


onstart:
    if set(workflow.dag_settings.targets) == {"compare"}:
        in_workflow(check_names, config["compare"])
    else:
        logger.info(messages.planned(config, RUNS))
        triggers = [trigger.name for trigger in workflow.rerun_triggers]
        for line in in_workflow(
            messages.check_profile, triggers, bool(present_records())
        ):
            logger.warning(line)
        for line in warnings_at_start():
            logger.warning(line)
        for dataset in {run.dataset for run in RUNS}:
            in_workflow(check_unchanged, f"{DATA_THERE}/{dataset}")
        if not workflow.touch:
            in_workflow(partial(written.check, name_of=NAME_OF), workflow.dag)
            splits = f"{RESULTS_THERE}/splits"
            arguments = (workflow.dag, targets.run_of, config, DATA_THERE, splits)
            in_workflow(partial(copied.check, name_of=NAME_OF), *arguments)
        if workflow.local_exec and not workflow.touch:
            in_workflow(this_machine.check, workflow.dag.needrun_jobs(), NAME_OF)
        needed = targets.environments_of_jobs(workflow.dag.needrun_jobs(), NAME_OF)
        in_workflow(PYTHONS.make, [*map(environment_file, needed)])


onsuccess:
    for line in messages.at_end(failures(), RESULTS_THERE):
        logger.error(line)
    for summary in messages.summaries(workflow.dag_settings.targets, RESULTS_THERE):
        print(summary, flush=True)
    if messages.ends_with_summary(
        workflow.dag_settings.targets, workflow.output_settings.quiet
    ):
        messages.print_summary(PYTHONS.step(PYTHONS.outside_jobs()), RESULTS_THERE)


onerror:
    reasons = run_status.failures_in_logs(
        Path(RESULTS_THERE), map(str, map(there, [*RECORDS, *PARITY_FILES]))
    )
    for line in messages.at_error(reasons):
        logger.error(line)
    for line in slurm.advice_on(log):
        logger.error(f"trainclock: {line}")


# Snakemake calls the handlers of the main Snakefile alone. One that defines its own calls ours in them:
# trainclock.onstart().
if not OWN:
    workflow._onstart = as_module.both(workflow._onstart, globals()["onstart"])
    workflow._onsuccess = as_module.both(workflow._onsuccess, globals()["onsuccess"])
    workflow._onerror = as_module.both(workflow._onerror, globals()["onerror"])
