# What `snakemake prepare` makes beside the data. Asking for the environments in a rule makes conda's, too; its
# output is temporary, so that each call looks again.


rule environment:
    output:
        touch(temp(f"{RESULTS}/environments/{{environment}}.ready")),
    log:
        f"{RESULTS}/logs/environments/{{environment}}.log",
    conda:
        lambda wildcards: environment_file(wildcards.environment)
    params:
        python=python_of_environment,
    message:
        "Trying the environment {wildcards.environment}"
    shell:
        "{params.python} -c 'import sys; print(sys.prefix)' > {log} 2>&1"
