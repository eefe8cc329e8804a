# The figures that the plan has something for, and the page to explore all runs.


# One job for all figures; each has its own label and caption in the report. Labels have one head and not
# two: two that split the files in halves become a switch in the report.
rule figures:
    """All figures of what is collected."""
    input:
        experiment=f"{RESULTS}/experiment.json",
        runs=f"{RESULTS}/tables/runs.parquet",
        published=PUBLISHED,
    output:
        [
            report(
                f"{RESULTS}/figures/{figure.file}-figure.html",
                caption=f"../report/{figure.name}-figure.rst",
                category=figure_registry.CATEGORY,
                labels={"figure": figure.label},
            )
            for figure in FIGURES
        ],
        [
            f"{RESULTS}/figures/{figure.file}.{suffix}"
            for figure in FIGURES
            for suffix in ("svg", "png")
        ],
    log:
        f"{RESULTS}/logs/figures/figures.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        folder=subpath(output[0], parent=True),
    message:
        "Drawing the figures"
    shell:
        "{params.step} figures --experiment {input.experiment:q} --runs {input.runs:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule samples:
    """A picture of some rows of one dataset of the user's own."""
    input:
        f"{DATA}/{{dataset}}/x.npy",
        f"{DATA}/{{dataset}}/y.npy",
        f"{DATA}/{{dataset}}/data.json",
    output:
        report(
            f"{RESULTS}/figures/samples-{{dataset}}-figure.html",
            caption="../report/samples-figure.rst",
            category=figure_registry.CATEGORY,
            labels={"figure": "rows of {dataset}"},
        ),
        svg=f"{RESULTS}/figures/samples-{{dataset}}.svg",
        png=f"{RESULTS}/figures/samples-{{dataset}}.png",
    log:
        f"{RESULTS}/logs/figures/samples-{{dataset}}.log",
    wildcard_constraints:
        dataset=targets.one_of(OWN_DATA),
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        data=subpath(input[0], parent=True),
        prefix=subpath(output.svg, strip_suffix=".svg"),
    message:
        "Drawing rows of {wildcards.dataset}"
    shell:
        "{params.step} samples --data {params.data:q} --out {params.prefix:q} > {log:q} 2>&1"


rule explore:
    """The page to filter and compare runs."""
    input:
        runs=f"{RESULTS}/tables/runs.parquet",
    output:
        report(
            f"{RESULTS}/tables/explore.html",
            caption="../report/explore.rst",
            category=RUNS_IN_REPORT,
            labels={"file": "explore (interactive)"},
        ),
    log:
        f"{RESULTS}/logs/tables/explore.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
    message:
        "Making the page to explore all runs"
    shell:
        "{params.step} explore --runs {input.runs:q} --out {output:q} > {log:q} 2>&1"
