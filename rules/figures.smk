# One figure a dataset as in the study, and one of its learning curves.


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
            category=FIGURES_IN_REPORT,
            labels=figure_label("1 training time"),
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
            category=FIGURES_IN_REPORT,
            labels=figure_label("2 learning curves"),
        ),
    log:
        f"{RESULTS}/logs/figures/{{dataset}}-learning.log",
    params:
        python=analysis_python,
        stem=stem,
        figure="learning",
    message:
        "Drawing the learning curves of {wildcards.dataset}"
