#!/usr/bin/env bash
# In short: Snakemake's cache takes a job's result for another's that reads another output of the same job.
# Library: Snakemake 9.27.1 (Python 3.12, Linux), rules with `cache: True`, called with --cache.
# One would expect: a rule that takes all it needs from its inputs, as the documentation of the cache asks, has one
#   entry in the cache for each different input: what is made of the test data is not what was made of the training
#   data.
# Behaviour: of an input that another job makes the key holds how that job works (command, parameters, inputs), but not
#   which of its outputs is read. So jobs that read different outputs of one job share a key: the second is linked to
#   the first one's result, and never runs. The parts of a key are sorted, too: a job whose two inputs are exchanged
#   gets the other one's result. The exit status is 0, and nothing is said. Without --cache all files are right.
# Who meets it: workflows that split data in one rule and work on the parts in another: the test set is the training
#   set.
# Output seen:
#   without the cache: of test "scaled test", difference "train - test", opposite "test - train"
#   with the cache: of test "scaled train", difference "train - test", opposite "train - test"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1
cat > Snakefile <<'RULES'
rule split:
    output: "train", "test"
    shell: "echo train > {output[0]}; echo test > {output[1]}"

rule scale:
    input: "{part}"
    output: "scaled/{part}"
    cache: True
    shell: "sed 's/^/scaled /' {input} > {output}"

rule subtract:
    input: left="{left}", right="{right}"
    output: "{left}-{right}"
    cache: True
    shell: "paste -d ' ' {input.left} <(echo -) {input.right} > {output}"
RULES
export SNAKEMAKE_OUTPUT_CACHE=$folder/cache
mkdir "$SNAKEMAKE_OUTPUT_CACHE"
for how in without with; do
    options=(--cores 1 --forceall)
    [ "$how" = without ] || options+=(--cache)
    for targets in "scaled/train train-test" "scaled/test test-train"; do
        # shellcheck disable=SC2086 # two targets
        "$folder/env/bin/snakemake" "${options[@]}" -- $targets > log 2>&1 || { cat log; exit 1; }
    done
    echo "$how the cache: of test \"$(cat scaled/test)\", difference \"$(cat train-test)\"," \
        "opposite \"$(cat test-train)\""
done | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
without the cache: of test "scaled test", difference "train - test", opposite "test - train"
with the cache: of test "scaled train", difference "train - test", opposite "train - test"
SEEN
