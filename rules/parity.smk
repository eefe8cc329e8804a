# Parity: proof that every framework trains the same network. First steps with matched settings and no
# dropout, in float64 (the mathematics) and float32 (what runs), compared with a plain NumPy reference.


rule reference:
    """The first steps of one dataset in plain NumPy."""
    input:
        network=f"{RESULTS}/networks/matched/{{dataset}}.json",
        weights=f"{RESULTS}/weights/{{dataset}}/fold-0.npz",
        x=f"{DATA}/{{dataset}}/x.npy",
        splits=f"{RESULTS}/splits/{{dataset}}/holdout.npz",
    output:
        f"{RESULTS}/parity/reference/{{dataset}}.npz",
    log:
        f"{RESULTS}/logs/parity/reference/{{dataset}}.log",
    group:
        parity_bundle
    conda:
        environment_file("analysis")
    threads: config["threads"]
    resources:
        **REQUESTS,
        timed_run=1,
        runtime=slurm.minutes(slurm.FIRST_STEPS_MINUTES),
    params:
        step=analysis_step,
        supervision=untracked(SUPERVISION),
        data=subpath(input.x, parent=True),
        made_by=parity_code.of_reference(),
    message:
        "First steps of {wildcards.dataset} in NumPy"
    shell:
        "{params.step} supervise {params.supervision}"
        " --log {log:q} --outputs {output:q} --"
        " {params.step} reference --network {input.network:q} --data {params.data:q}"
        " --splits {input.splits:q} --weights {input.weights:q} --processes {threads}"
        " --out {output:q} > {log:q} 2>&1"


# On a CPU both precisions side by side: here nothing is timed.
rule first_steps:
    """The first steps of one dataset in one framework on one device."""
    input:
        network=f"{RESULTS}/networks/matched/{{dataset}}.json",
        weights=f"{RESULTS}/weights/{{dataset}}/fold-0.npz",
        x=f"{DATA}/{{dataset}}/x.npy",
        splits=f"{RESULTS}/splits/{{dataset}}/holdout.npz",
    output:
        multiext(
            f"{RESULTS}/parity/{{device}}/{{framework}}/{{implementation}}/{{dataset}}",
            "-float64.npz",
            "-float32.npz",
        ),
    log:
        f"{RESULTS}/logs/parity/{{device}}/{{framework}}/{{implementation}}/{{dataset}}.log",
    group:
        parity_bundle
    conda:
        environment_of_run
    threads: config["threads"]
    resources:
        **REQUESTS,
        timed_run=1,
        runtime=slurm.minutes(slurm.FIRST_STEPS_MINUTES),
    params:
        supervision=untracked(SUPERVISION),
        data=subpath(input.x, parent=True),
        step=framework_step,
        promised=promised_environment,
        out=lambda wildcards, output: output[0].removesuffix("-float64.npz"),
        made_by=lambda wildcards: parity_code.of_first_steps(
            wildcards.framework, wildcards.device
        ),
    message:
        "First steps of {wildcards.dataset} in {wildcards.framework} ({wildcards.implementation},"
        " {wildcards.device})"
    shell:
        "{params.step} supervise {params.supervision}"
        " --log {log:q} --outputs {output:q} --"
        " {params.step} first-steps --device {wildcards.device} --framework {wildcards.framework}"
        " --implementation {wildcards.implementation} --dataset {wildcards.dataset}"
        " --network {input.network:q} --weights {input.weights:q} --data {params.data:q}"
        " --splits {input.splits:q} --threads {threads}"
        " --environment {params.promised:q} --out {params.out:q} > {log:q} 2>&1"


rule certificate:
    """The parity certificate, as tables."""
    input:
        parity=PARITY_FILES,
    output:
        html=report(
            f"{RESULTS}/tables/parity.html",
            caption="../report/parity.rst",
            category=table_registry.CHECKS,
            labels={"check": "2 same network in every framework"},
        ),
        others=multiext(f"{RESULTS}/tables/parity", ".csv", ".md", ".tex"),
        steps=f"{RESULTS}/tables/parity-steps.csv",
    log:
        f"{RESULTS}/logs/tables/parity.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        results=untracked(RESULTS_THERE),
        stem=stem,
        pairs=["/".join(pair) for pair in PAIRS],  # with fewer, nothing is newer
    message:
        "Making the parity certificate"
    shell:
        "{params.step} certificate --parity {params.results:q}/parity --files {input.parity:q}"
        " --out {params.stem:q} --steps {output.steps:q} > {log:q} 2>&1"


rule parity_figure:
    """How the losses of the first steps part, as a figure."""
    input:
        steps=f"{RESULTS}/tables/parity-steps.csv",
    output:
        pictures=multiext(f"{RESULTS}/figures/parity", ".svg", ".png"),
        page=report(
            f"{RESULTS}/figures/parity-figure.html",
            caption="../report/parity-figure.rst",
            category=table_registry.CHECKS,
            labels={"check": "3 same network, step by step (figure)"},
        ),
    log:
        f"{RESULTS}/logs/figures/parity.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        stem=stem,
    message:
        "Drawing the parity of the frameworks"
    shell:
        "{params.step} parity-figure --steps {input.steps:q} --out {params.stem:q} > {log:q} 2>&1"


# The certificate is made in any case; a framework that fails it makes this job fail.
rule parity_passed:
    """An error if a framework fails the certificate."""
    input:
        certificate=f"{RESULTS}/tables/parity.csv",
    output:
        touch(f"{RESULTS}/parity/passed"),
    log:
        f"{RESULTS}/logs/parity/passed.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
    message:
        "Checking the parity certificate"
    shell:
        "{params.step} certificate --check {input.certificate:q} > {log:q} 2>&1"
