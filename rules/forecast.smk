# How long the runs of the plan take: a few measured steps of each kind that is not finished, and the forecast.


rule probe:
    """A few measured steps of one kind of run."""
    input:
        network=f"{RESULTS}/plan/networks/{{settings}}/{{dataset}}.json",
        x=f"{DATA}/{{dataset}}/x.npy",
        y=f"{DATA}/{{dataset}}/y.npy",
        facts=f"{DATA}/{{dataset}}/data.json",
        splits=f"{RESULTS}/plan/splits/{{dataset}}/{config['splits'][0]}.npz",
    output:
        f"{RESULTS}/plan/{KIND}.json",
    log:
        f"{RESULTS}/logs/plan/{KIND}.log",
    conda:
        environment_of_run
    threads: config["threads"]
    resources:
        **REQUESTS,
        timed_run=1,
        runtime=slurm.minutes(slurm.PROBE_MINUTES),
    params:
        data=subpath(input.x, parent=True),
        declared=targets.threads_declared(config),
        wait=untracked(config["thread_wait"]),
        step=framework_step,
        promised=promised_environment,
    message:
        "Measuring a few steps of {wildcards.dataset} in {wildcards.framework} ({wildcards.settings},"
        " {wildcards.implementation}, {wildcards.device})"
    shell:
        "{params.step} probe --settings {wildcards.settings} --device {wildcards.device}"
        " --framework {wildcards.framework} --implementation {wildcards.implementation}"
        " --dataset {wildcards.dataset} --network {input.network:q} --data {params.data:q}"
        " --splits {input.splits:q} --threads {threads} --thread-wait {params.wait}"
        " --environment {params.promised:q} --out {output:q} > {log:q} 2>&1"


# Without outputs, so that it is made whenever it is asked for.
rule plan:
    """How long all that is missing would take."""
    input:
        targets.prepared_inputs(RUNS, PAIRS, f"{RESULTS}/plan"),
        probes=probes,
    log:
        f"{RESULTS}/logs/plan.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        runs=untracked(RUNS_FOLDER),
        results=untracked(RESULTS_THERE),
        config=as_json(config),
        present=[str(there(RAW)), DATA_THERE, *([str(ENVIRONMENTS)] if USES_UV else [])],
        cores=cores_here,
    message:
        "Forecasting the runs that are missing"
    shell:
        "{params.step} forecast --config {params.config:q} --runs {params.runs:q}"
        " --probes {params.results:q}/plan --splits {params.results:q}/plan/splits --present {params.present:q}"
        " --cores {params.cores} --out {params.results:q}/plan/plan"
        " --summary {params.results:q}/plan/summary.txt > {log:q} 2>&1"
