# One job a run, or for several folds of one kind of run, in the environment of its framework; the record of
# each run is a JSON file.


rule experiment:
    """The resolved config and the planned runs."""
    output:
        f"{RESULTS}/experiment.json",
    log:
        f"{RESULTS}/logs/experiment.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        config=as_json({**config, "compare": [], "on_failure": "stop"}),
    message:
        "Writing down the experiment"
    shell:
        "{params.step} experiment --config {params.config:q} --out {output:q} > {log:q} 2>&1"


# What one dataset's runs are made from: a file of its own, so that a change of one dataset's epochs
# runs that dataset again and no other.
rule network:
    """What the runs of one dataset are made from."""
    output:
        f"{RESULTS}/{{where}}networks/{{settings}}{{replicate}}/{{dataset}}.json",
    log:
        f"{RESULTS}/logs/{{where}}networks/{{settings}}{{replicate}}-{{dataset}}.log",
    conda:
        environment_file("analysis")
    params:
        recipe=lambda wildcards: training_spec.of_config(
            config,
            wildcards.settings,
            wildcards.dataset,
            targets.replicate_of(wildcards.replicate),
        ).text,
    message:
        "Writing down the network of {wildcards.dataset} ({wildcards.settings}{wildcards.replicate})"
    shell:
        "printf '%s\\n' {params.recipe:q} > {output:q}.part 2> {log:q} && mv {output:q}.part {output:q}"


# Matched settings: every framework starts from these weights.
rule initialise:
    """The initial weights of matched settings."""
    input:
        network=f"{RESULTS}/networks/matched{{replicate}}/{{dataset}}.json",
        facts=f"{DATA}/{{dataset}}/data.json",
    output:
        f"{RESULTS}/weights{{replicate}}/{{dataset}}/fold-{{fold}}.npz",
    log:
        f"{RESULTS}/logs/weights{{replicate}}/{{dataset}}-{{fold}}.log",
    priority: BEFORE_ALL_RUNS
    conda:
        environment_file("analysis")
    resources:
        timed_run=1,
    params:
        step=analysis_step,
        data=subpath(input.facts, parent=True),
    message:
        "Drawing the initial weights of {wildcards.dataset}{wildcards.replicate}, fold {wildcards.fold}"
    shell:
        "{params.step} initial-weights --network {input.network:q} --data {params.data:q}"
        " --fold {wildcards.fold} --out {output:q} > {log:q} 2>&1"


rule train:
    """One training: the record of one run."""
    input:
        network=f"{RESULTS}/networks/{{settings}}{{replicate}}/{{dataset}}.json",
        weights=targets.weights_of_run(RESULTS),
        x=f"{DATA}/{{dataset}}/x.npy",
        y=f"{DATA}/{{dataset}}/y.npy",
        facts=f"{DATA}/{{dataset}}/data.json",
        splits=f"{RESULTS}/splits{{replicate}}/{{dataset}}/{{split}}.npz",
    output:
        f"{RESULTS}/runs/{RUN}.json",
    log:
        f"{RESULTS}/logs/runs/{RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/{RUN}.tsv"
    wildcard_constraints:
        dataset=fold_jobs.alone(config),
    priority: targets.priority_of_run(RUNS)
    conda:
        environment_of_run
    threads: config["threads"]
    resources:
        **REQUESTS,
        timed_run=1,
        runtime=slurm.minutes_of_run(config),
    params:
        supervision=untracked(f"{SUPERVISION} --repeat {shlex.quote(REPEAT)}"),
        step=framework_step,
        options=options_of_run,
        declared=targets.threads_declared(config),
    message:
        "Training {wildcards.dataset} in {wildcards.framework} ({wildcards.settings},"
        " {wildcards.implementation}, {wildcards.device}): {wildcards.split}{wildcards.replicate}, fold {wildcards.fold}"
    shell:
        "{params.step} supervise {params.supervision} --log {log:q} --outputs {output:q} --terminal 3 --"
        " {params.step} train --settings {wildcards.settings} --device {wildcards.device}"
        " --framework {wildcards.framework} --implementation {wildcards.implementation}"
        " --dataset {wildcards.dataset} --split {wildcards.split} --fold {wildcards.fold} {params.options}"
        " --network {input.network:q} --splits {input.splits:q}"
        " --threads {threads} --threads-declared {params.declared}"
        " --out {output:q} 3>&2 > {log:q} 2>&1"


# The same of several folds, each with its own log; this job's log says which of them failed.
for FOLDS, DATASETS_OF_FOLDS in fold_jobs.shared(config).items():

    rule:
        name:
            f"train_{fold_jobs.name_of(FOLDS)}"
        input:
            network=f"{RESULTS}/networks/{{settings}}{{replicate}}/{{dataset}}.json",
            fold_weights=targets.weights_of_folds(RESULTS, FOLDS),
            x=f"{DATA}/{{dataset}}/x.npy",
            y=f"{DATA}/{{dataset}}/y.npy",
            facts=f"{DATA}/{{dataset}}/data.json",
            splits=f"{RESULTS}/splits{{replicate}}/{{dataset}}/kfold.npz",
        output:
            targets.records_of_folds(RESULTS, FOLDS),
        log:
            f"{RESULTS}/logs/runs/{KIND}/kfold{{replicate}}/{fold_jobs.name_of(FOLDS)}.log",
        benchmark:
            f"{RESULTS}/benchmarks/{KIND}/kfold{{replicate}}/{fold_jobs.name_of(FOLDS)}.tsv"
        wildcard_constraints:
            dataset="|".join(DATASETS_OF_FOLDS),
        priority: targets.priority_of_run(RUNS, split="kfold", fold=FOLDS[0])
        conda:
            environment_of_run
        threads: config["threads"]
        resources:
            **REQUESTS,
            timed_run=1,
            runtime=slurm.minutes_of_run(config, len(FOLDS)),
        params:
            supervision=untracked(f"{SUPERVISION} --repeat {shlex.quote(REPEAT)}"),
            step=framework_step,
            options=options_of_run,
            declared=targets.threads_declared(config),
            folds=untracked(FOLDS),
            logs=targets.logs_of_folds(RESULTS_THERE, FOLDS),
        message:
            "Training {wildcards.dataset} in {wildcards.framework} ({wildcards.settings},"
            " {wildcards.implementation}, {wildcards.device}): kfold{wildcards.replicate}, folds {params.folds}"
        shell:
            "{params.step} train-folds {params.supervision} --folds {params.folds} --outputs {output:q}"
            " --logs {params.logs:q} --weights {input.fold_weights:q} --terminal 3 --"
            " {params.step} train --settings {wildcards.settings} --device {wildcards.device}"
            " --framework {wildcards.framework} --implementation {wildcards.implementation}"
            " --dataset {wildcards.dataset} --split kfold {params.options}"
            " --network {input.network:q} --splits {input.splits:q}"
            " --threads {threads} --threads-declared {params.declared} 3>&2 > {log:q} 2>&1"
