#!/usr/bin/env bash
# In short: A rule's `retries: 2` makes six tries on a cluster, not three, half of them in too little memory.
# Library: Snakemake 9.27.1 with snakemake-executor-plugin-cluster-generic 1.0.9 (Python 3.12, Linux), the rule's
#   `retries:`.
# One would expect: a job that fails is tried three times, each time in a new job of the cluster that asks for the
#   memory of its attempt, as with --retries 2 on the command line, and as with `retries: 2` for a command that runs
#   locally.
# Behaviour: the Snakemake inside the cluster's job reads the rule's retries, too, and tries again in the same job: with
#   the second and third attempt's number, which the command sees, but in the memory that the first had asked for. So
#   three jobs make 3, 2 and 1 tries. (Issues of Snakemake, number 2050, which is closed, and of the Slurm plugin,
#   number 284, which is open, tell of it; the documentation does not.)
# Who meets it: whoever gives a job more memory with each attempt: the tries inside fail for the same reason, and hours
#   are paid twice; a try that trusts its number overruns the memory it has.
# Output seen (memory asked of the cluster, memory that the command hears of):
#   --retries 2: 1000 1000, 2000 2000, 3000 3000
#   retries: 2: 1000 1000, 1000 2000, 1000 3000, 2000 2000, 2000 3000, 3000 3000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1 snakemake-executor-plugin-cluster-generic==1.0.9
cat > Snakefile <<'RULES'
rule option:
    output: "option"
    resources: mem_mb=lambda wildcards, attempt: attempt * 1000
    shell: "echo $ASKED {resources.mem_mb} >> tries; exit 1"

rule directive:
    output: "directive"
    retries: 2
    resources: mem_mb=lambda wildcards, attempt: attempt * 1000
    shell: "echo $ASKED {resources.mem_mb} >> tries; exit 1"
RULES
cat > submit <<'CLUSTER'
#!/usr/bin/env bash
# Stands for sbatch: starts the script in the background, tells it the memory asked for, and prints a job's number.
ASKED=$1 bash "$2" > job.log 2>&1 &
echo 1
CLUSTER
chmod +x submit
try() { # what to print, the rule, options
    local name=$1 rule=$2
    shift 2
    rm -rf .snakemake tries
    ! "$folder/env/bin/snakemake" --executor cluster-generic --jobs 1 --seconds-between-status-checks 1 \
        --cluster-generic-submit-cmd "$folder/submit {resources.mem_mb}" "$@" -- "$rule" \
        > log 2>&1 || { cat log; exit 1; }
    echo "$name: $(paste -sd , tries | sed 's/,/, /g')"
}
{
    try "--retries 2" option --retries 2
    try "retries: 2" directive
} | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
--retries 2: 1000 1000, 2000 2000, 3000 3000
retries: 2: 1000 1000, 1000 2000, 1000 3000, 2000 2000, 2000 3000, 3000 3000
SEEN
