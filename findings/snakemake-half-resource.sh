#!/usr/bin/env bash
# In short: A job that asks Snakemake for half a GPU asks for none: all such jobs run at once, whatever the limit.
# Library: Snakemake 9.27.1 (Python 3.12, Linux), the rule's `resources:`.
# One would expect: with --resources gpu=1 two jobs with gpu=0.5 run at once; or an error, as the documentation wants
#   whole numbers.
# Behaviour: the number is rounded to a whole one, a half to the even one: 0.5 is 0, so that no limit holds, and 0.75 is
#   1. A runtime of 0.5 minutes is 0, too, and a runtime of "90s" is 1 minute: less than was asked for. Nothing is said.
# Who meets it: whoever lets small trainings share a GPU: they run out of its memory when all of them start at once.
# Output seen (four jobs and --cores 4 --resources gpu=1):
#   gpu=1: at most 1 at once
#   gpu=0.75: at most 1 at once
#   gpu=0.5: at most 4 at once
#   runtime="90s" is 1, runtime=0.5 is 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1
cat > Snakefile <<'RULES'
rule whole:
    output: "1/{part}"
    resources: gpu=1
    shell: "bash train {wildcards.part} > {output}"

rule most:
    output: "0.75/{part}"
    resources: gpu=0.75
    shell: "bash train {wildcards.part} > {output}"

rule half:
    output: "0.5/{part}"
    resources: gpu=0.5
    shell: "bash train {wildcards.part} > {output}"

rule seconds:
    output: "seconds"
    resources: runtime="90s"
    shell: "echo {resources.runtime} > {output}"

rule minutes:
    output: "minutes"
    resources: runtime=0.5
    shell: "echo {resources.runtime} > {output}"
RULES
cat > train <<'TRAIN'
# Prints how many of these run at once, two seconds after this one has begun, and stays for two more.
mkdir -p running
touch "running/$1"
sleep 2
ls running | wc -l
sleep 2
rm "running/$1"
TRAIN
{
    for gpu in 1 0.75 0.5; do
        "$folder/env/bin/snakemake" --cores 4 --resources gpu=1 -- $gpu/{1,2,3,4} > log 2>&1 || { cat log; exit 1; }
        echo "gpu=$gpu: at most $(sort -n $gpu/* | tail -n 1) at once"
    done
    "$folder/env/bin/snakemake" --cores 1 -- seconds minutes > log 2>&1 || { cat log; exit 1; }
    echo "runtime=\"90s\" is $(cat seconds), runtime=0.5 is $(cat minutes)"
} | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
gpu=1: at most 1 at once
gpu=0.75: at most 1 at once
gpu=0.5: at most 4 at once
runtime="90s" is 1, runtime=0.5 is 0
SEEN
