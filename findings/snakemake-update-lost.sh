#!/usr/bin/env bash
# In short: A file that a rule updates is deleted when the job fails on a cluster, or in a rule with `run:`.
# Library: Snakemake 9.27.1 with snakemake-executor-plugin-cluster-generic 1.0.9 (Python 3.12, Linux), output:
#   update(...).
# One would expect: "Snakemake will restore the previous version of the file/directory if the job fails", as the
#   documentation of update() says, wherever the job runs.
# Behaviour: so it is for a command that runs locally. A job of a cluster, and a local one with `run:` or a shadow
#   directory, is a Snakemake of its own, which restores the file and drops the copy. Then the Snakemake that started it
#   restores once more, finds no copy, and removes the file "since it might be corrupted". With --retries the next try
#   starts without the file and succeeds: the exit status is 0, and what was collected before is gone.
# Who meets it: whoever collects results in one file over days (a table, a database): one failed job loses all of them.
# Output seen (a job fails in its first try; before it the file holds "old"):
#   shell, locally: failed, the file holds "old"
#   run, locally: failed, the file is gone
#   shell, locally in a shadow directory: failed, the file is gone
#   shell, on a cluster: failed, the file is gone
#   shell, locally, with a second try: succeeded, the file holds "old new"
#   run, locally, with a second try: succeeded, the file holds "new"
#   shell, on a cluster, with a second try: succeeded, the file holds "new"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1 snakemake-executor-plugin-cluster-generic==1.0.9
cat > Snakefile <<'RULES'
rule shell:
    output: update("shell")
    shell: "mkdir first && exit 1; echo new >> {output}"

rule shadow:
    output: update("shadow")
    shadow: "shallow"
    shell: "mkdir first && exit 1; echo new >> {output}"

rule run:
    output: update("run")
    run:
        if not os.path.exists("first"):
            os.mkdir("first")
            raise OSError("no network")
        with open(output[0], "a") as file:
            print("new", file=file)
RULES
cat > submit <<'CLUSTER'
#!/usr/bin/env bash
# Stands for sbatch: starts the script in the background and prints a job's number.
bash "$1" > job.log 2>&1 &
echo 1
CLUSTER
chmod +x submit
cluster=(--executor cluster-generic --cluster-generic-submit-cmd "$folder/submit" --jobs 1)
cluster+=(--seconds-between-status-checks 1)
try() { # what to print, the rule, options
    local name=$1 file=$2 end=succeeded
    shift 2
    rm -rf .snakemake first
    echo old > "$file"
    "$folder/env/bin/snakemake" --force "$@" -- "$file" > log 2>&1 || end=failed
    if [ -e "$file" ]; then
        echo "$name: $end, the file holds \"$(paste -sd ' ' "$file")\""
    else
        echo "$name: $end, the file is gone"
    fi
}
{
    try "shell, locally" shell --cores 1
    try "run, locally" run --cores 1
    try "shell, locally in a shadow directory" shadow --cores 1
    try "shell, on a cluster" shell "${cluster[@]}"
    try "shell, locally, with a second try" shell --cores 1 --retries 1
    try "run, locally, with a second try" run --cores 1 --retries 1
    try "shell, on a cluster, with a second try" shell "${cluster[@]}" --retries 1
} | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
shell, locally: failed, the file holds "old"
run, locally: failed, the file is gone
shell, locally in a shadow directory: failed, the file is gone
shell, on a cluster: failed, the file is gone
shell, locally, with a second try: succeeded, the file holds "old new"
run, locally, with a second try: succeeded, the file holds "new"
shell, on a cluster, with a second try: succeeded, the file holds "new"
SEEN
