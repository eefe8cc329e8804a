#!/usr/bin/env bash
# In short: In Snakemake's report a job on a cluster, or with `run:`, took no time, or the time since its first run.
# Library: Snakemake 9.27.1 with snakemake-executor-plugin-cluster-generic 1.0.9 (Python 3.12, Linux), --report.
# One would expect: the report's statistics show how long each job ran: 4 seconds for a job that sleeps for 4 seconds.
# Behaviour: so it is for a command that runs locally. A job of a cluster, and a local one with `run:`, is a Snakemake
#   of its own, which drops the note of when it began. The Snakemake that started it takes the present time for it, so
#   that the runtime is 0 or a little less; and when the job is run again, it takes the beginning from the last record:
#   the runtime is then the time since the job ran first.
# Who meets it: whoever reads from a report which rules are slow, or plans time limits by it. The rule's `benchmark:` is
#   right (an issue of 2020, number 517, says that the report's times are wrong, without the reason).
# Output seen (a job that sleeps for 4 seconds, and again some time later):
#   shell, locally: 4, again 4
#   run, locally: 0, again the time since the first run
#   shell, on a cluster: 0, again the time since the first run
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
plugin=snakemake-executor-plugin-cluster-generic==1.0.9
uv pip install --quiet --python "$folder/env" "snakemake[reports]==9.27.1" "$plugin"
cat > Snakefile <<'RULES'
rule shell:
    output: "shell"
    shell: "sleep 4; date > {output}"

rule run:
    output: "run"
    run:
        import time
        time.sleep(4)
        with open(output[0], "w") as file:
            print(time.ctime(), file=file)
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
    local name=$1 rule=$2 turn began seen=()
    shift 2
    rm -rf .snakemake "$rule"
    began=$(date +%s)
    for turn in 1 2; do
        [ "$turn" = 1 ] || sleep 6
        "$folder/env/bin/snakemake" --force "$@" -- "$rule" > log 2>&1 || { cat log; exit 1; }
        "$folder/env/bin/snakemake" --report report.html -- "$rule" > log 2>&1 || { cat log; exit 1; }
        seen+=("$(grep -o '"runtime": *[-0-9.]*' report.html | awk '{ printf "%d", ($2 > 0 ? $2 : 0) }')")
    done
    [ "${seen[1]}" -lt 9 ] || [ "${seen[1]}" -gt $(($(date +%s) - began)) ] || seen[1]="the time since the first run"
    echo "$name: ${seen[0]}, again ${seen[1]}"
}
{
    try "shell, locally" shell --cores 1
    try "run, locally" run --cores 1
    try "shell, on a cluster" shell "${cluster[@]}"
} | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
shell, locally: 4, again 4
run, locally: 0, again the time since the first run
shell, on a cluster: 0, again the time since the first run
SEEN
