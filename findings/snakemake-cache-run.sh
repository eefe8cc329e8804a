#!/usr/bin/env bash
# In short: Snakemake's cache does not look at the code of `run:`: two rules with the same input share one result.
# Library: Snakemake 9.27.1 (Python 3.12, Linux), rules with `cache: True` and `run:`, called with --cache.
# One would expect: the key of a result covers "all steps, parameters, software stacks and raw input", as the
#   documentation says: another rule, or a changed one, is another step. So it is with `shell:`.
# Behaviour: the body of `run:` is no part of the key, nor is the rule's name. Of two such rules with the same input the
#   second is linked to the first one's result and does not run; and after its code is changed a rule gets its old
#   result. The exit status is 0, and nothing is said.
# Who meets it: whoever caches steps that are written in Python in the Snakefile: results of old code, or of other
#   rules.
# Output seen (of 1, 2, 6, whose mean is 3 and whose median is 2):
#   shell: mean 3, median 2, after the mean's code is made a maximum 6
#   run: mean 3, median 3, after the mean's code is made a maximum 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1
cat > shell <<'RULES'
rule mean:
    input: "data"
    output: "mean"
    cache: True
    shell: "python -c 'import statistics as s; print(s.mean(map(int, open(\"{input}\"))))' > {output}"

rule median:
    input: "data"
    output: "median"
    cache: True
    shell: "python -c 'import statistics as s; print(s.median(map(int, open(\"{input}\"))))' > {output}"
RULES
cat > run <<'RULES'
import statistics as s

rule mean:
    input: "data"
    output: "mean"
    cache: True
    run: print(s.mean(map(int, open(input[0]))), file=open(output[0], "w"))

rule median:
    input: "data"
    output: "median"
    cache: True
    run: print(s.median(map(int, open(input[0]))), file=open(output[0], "w"))
RULES
printf '1\n2\n6\n' > data
export PATH="$folder/env/bin:$PATH"
for how in shell run; do
    export SNAKEMAKE_OUTPUT_CACHE=$folder/cache/$how
    mkdir -p "$SNAKEMAKE_OUTPUT_CACHE"
    rm -f mean median
    for target in mean median; do
        snakemake --snakefile $how --cores 1 --cache -- $target > log 2>&1 || { cat log; exit 1; }
    done
    line="$how: mean $(cat mean), median $(cat median)"
    sed -i 's/s\.mean/max/' $how
    rm mean
    snakemake --snakefile $how --cores 1 --cache --forceall -- mean > log 2>&1 || { cat log; exit 1; }
    echo "$line, after the mean's code is made a maximum $(cat mean)"
done | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
shell: mean 3, median 2, after the mean's code is made a maximum 6
run: mean 3, median 3, after the mean's code is made a maximum 3
SEEN
