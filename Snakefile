# trainclock: the same networks, trained in every framework, timed fairly.
# The map of the workflow. One stage a file in rules/, one script a step in scripts/.
from snakemake.utils import min_version

min_version("9.0")


configfile: Path(workflow.basedir, "config.yaml")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/environments.smk"
include: "rules/cluster.smk"
include: "rules/data.smk"
include: "rules/prepare.smk"
include: "rules/training.smk"
include: "rules/parity.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/plan.smk"
include: "rules/compare.smk"


# On a cluster only what runs in the frameworks becomes jobs (train, probe, first_steps and its reference): the
# rest takes seconds, and downloads need the internet, which nodes have not. The tables say so themselves.
localrules:
    all,
    prepare,
    parity,
    download,
    prepare_data,
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


# Targets to type: all (the default), prepare (data and environments; runs then need no network), parity (the
# proof that all frameworks train the same network), plan (how long all that is missing would take) and
# compare (results of several machines side by side).
rule all:
    default_target: True
    input:
        records(),
        tables(),
        figures(),
        parity(),


rule prepare:
    input:
        prepared_inputs(),
        environments_ready(),


rule parity:
    input:
        parity(),


onstart:
    if set(workflow.dag_settings.targets) == {"compare"}:
        check_compared()
    else:
        say_at_start()
        check_data()
        make_environments()


onsuccess:
    say_at_end()


onerror:
    say_at_error()
    say_limits(log)
