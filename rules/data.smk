# Download, prepare, split. Downloads run on the machine that submits: compute nodes have no internet.


rule download:
    """The official files of one dataset, verified."""
    input:
        manifest=MANIFEST,
    output:
        directory(f"{RAW}/{{dataset}}"),
    log:
        f"{RAW}/logs/{{dataset}}.log",
    priority: BEFORE_ALL_RUNS
    conda:
        environment_file("analysis")
    resources:
        timed_run=1,
    params:
        step=analysis_step,
        mirror=untracked(mirror_option(config)),
        facts=lambda wildcards: as_json(DATASETS[wildcards.dataset]["files"]),
    message:
        "Getting the files of {wildcards.dataset}"
    # stderr stays on the terminal: it has the progress bar and, if it fails, the ways out.
    shell:
        "{params.step} download {wildcards.dataset} --manifest {input.manifest:q} --out {output:q}"
        " {params.mirror} > {log:q}"


rule prepare_data:
    """The arrays of one dataset."""
    input:
        manifest=MANIFEST,
        raw=raw_folder,
    output:
        x=f"{DATA}/{{dataset}}/x.npy",
        y=f"{DATA}/{{dataset}}/y.npy",
        facts=f"{DATA}/{{dataset}}/data.json",
    log:
        f"{DATA}/logs/{{dataset}}.log",
    wildcard_constraints:
        dataset=targets.one_of(name for name in DATASETS if name not in OWN_DATA),
    priority: BEFORE_ALL_RUNS
    conda:
        environment_file("analysis")
    resources:
        timed_run=1,
    params:
        step=analysis_step,
        folder=subpath(output.x, parent=True),
        raw=option("raw"),
    message:
        "Preparing the arrays of {wildcards.dataset}"
    shell:
        "{params.step} prepare {wildcards.dataset} --manifest {input.manifest:q} {params.raw}"
        " --out {params.folder:q} > {log:q} 2>&1"


# stderr stays on the terminal: it says what is wrong with the data.
rule prepare_own:
    """The arrays of one dataset of the user's own."""
    input:
        files=targets.own_files(OWN_DATA),
    output:
        x=f"{DATA}/{{dataset}}/x.npy",
        y=f"{DATA}/{{dataset}}/y.npy",
        facts=f"{DATA}/{{dataset}}/data.json",
    log:
        f"{DATA}/logs/{{dataset}}.log",
    wildcard_constraints:
        dataset=targets.one_of(OWN_DATA),
    priority: BEFORE_ALL_RUNS
    conda:
        environment_file("analysis")
    resources:
        timed_run=1,
    params:
        step=analysis_step,
        folder=subpath(output.x, parent=True),
        entry=lambda wildcards: as_json(OWN_DATA[wildcards.dataset]),
        network=lambda wildcards, input: as_json(config["networks"][wildcards.dataset]),
        folds=untracked(config["split"]["folds"]),
    message:
        "Preparing the arrays of {wildcards.dataset}, data of your own"
    shell:
        "{params.step} prepare-own {wildcards.dataset} --entry {params.entry:q} --network {params.network:q}"
        " --folds {params.folds} --out {params.folder:q} > {log:q}"


rule split:
    """The row numbers of every fold."""
    input:
        y=f"{DATA}/{{dataset}}/y.npy",
    output:
        f"{RESULTS}/{{where}}splits{{replicate}}/{{dataset}}/{{split}}.npz",
    log:
        f"{RESULTS}/logs/{{where}}splits{{replicate}}/{{dataset}}-{{split}}.log",
    priority: BEFORE_ALL_RUNS
    conda:
        environment_file("analysis")
    resources:
        timed_run=1,
    params:
        step=analysis_step,
        test_size=config["split"]["test_size"],
        folds=config["split"]["folds"],
        seed=targets.seed_of(config),
        rows=f"--rows {config['split']['rows']}" if config["split"]["rows"] else "",
    message:
        "Splitting {wildcards.dataset}: {wildcards.split}{wildcards.replicate}"
    shell:
        "{params.step} split --y {input.y:q} --split {wildcards.split}"
        " --test-size {params.test_size} --folds {params.folds} --seed {params.seed}"
        " {params.rows} --out {output:q} > {log:q} 2>&1"
