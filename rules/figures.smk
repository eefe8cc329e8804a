# One figure a dataset as in the study, one of its learning curves, and those of the whole experiment.


rule figure:
    input:
        script=script("figures.py"),
        experiment=f"{RESULTS}/experiment.json",
        runs=f"{RESULTS}/tables/runs.parquet",
        published=PUBLISHED,
    output:
        f"{RESULTS}/figures/{{dataset}}.png",
        svg=report(
            f"{RESULTS}/figures/{{dataset}}.svg",
            caption="../report/figure.rst",
            category=targets.FIGURES_IN_REPORT,
            labels=targets.figure_label("1 training time"),
        ),
    log:
        f"{RESULTS}/logs/figures/{{dataset}}.log",
    conda:
        environment_file("analysis")
    params:
        python=analysis_python,
        stem=stem,
        figure="times",
    message:
        "Drawing the times of {wildcards.dataset}"
    shell:
        "{params.python} {input.script} {params.figure} --dataset {wildcards.dataset} --runs {input.runs}"
        " --experiment {input.experiment} --out {params.stem} > {log} 2>&1"


use rule figure as learning_figure with:
    output:
        f"{RESULTS}/figures/{{dataset}}-learning.png",
        svg=report(
            f"{RESULTS}/figures/{{dataset}}-learning.svg",
            caption="../report/learning-figure.rst",
            category=targets.FIGURES_IN_REPORT,
            labels=targets.figure_label("2 learning curves"),
        ),
    log:
        f"{RESULTS}/logs/figures/{{dataset}}-learning.log",
    params:
        python=analysis_python,
        stem=stem,
        figure="learning",
    message:
        "Drawing the learning curves of {wildcards.dataset}"


# A rule each, because a caption has no wildcards.
for figure, label in targets.planned_figures(RUNS, STUDIED).items():

    rule:
        name:
            f"{figure}_figure"
        input:
            script=script("figures.py"),
            experiment=f"{RESULTS}/experiment.json",
            runs=f"{RESULTS}/tables/runs.parquet",
            published=PUBLISHED,
        output:
            f"{RESULTS}/figures/{figure}.png",
            svg=report(
                f"{RESULTS}/figures/{figure}.svg",
                caption=f"../report/{figure}-figure.rst",
                category=targets.FIGURES_IN_REPORT,
                labels={"figure": label},
            ),
        log:
            f"{RESULTS}/logs/figures/{figure}.log",
        localrule: True
        conda:
            environment_file("analysis")
        params:
            python=analysis_python,
            figure=figure,
            stem=stem,
        message:
            f"Drawing the figure {figure}"
        shell:
            "{params.python} {input.script} {params.figure} --experiment {input.experiment}"
            " --runs {input.runs} --out {params.stem} > {log} 2>&1"


rule explore:
    input:
        script=script("explore.py"),
        experiment=f"{RESULTS}/experiment.json",
        runs=f"{RESULTS}/tables/runs.parquet",
    output:
        report(
            f"{RESULTS}/tables/explore.html",
            caption="../report/explore.rst",
            category=targets.RUNS_IN_REPORT,
            labels={"file": "explore (interactive)"},
        ),
    log:
        f"{RESULTS}/logs/tables/explore.log",
    conda:
        environment_file("analysis")
    params:
        python=analysis_python,
    message:
        "Making the page to explore all runs"
    shell:
        "{params.python} {input.script} --experiment {input.experiment} --runs {input.runs}"
        " --out {output} > {log} 2>&1"
