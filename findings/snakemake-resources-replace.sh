#!/usr/bin/env bash
# In short: --resources on the command line drops all limits of the profile, also those of other names.
# Library: Snakemake 9.27.1 (Python 3.12, Linux).
# One would expect: a profile that allows one job at a time to use a licence (`resources: licence: 1`) keeps doing so
#   when the command line sets another limit, `--resources mem_mb=20000`: these are limits of different names.
# Behaviour: the option takes the place of the profile's whole mapping. The licence is unlimited then, without a word,
#   and jobs that must not run side by side do.
# Who meets it: whoever protects something that cannot be shared (a licence, a device, a clock) by a limit in a
#   profile, as soon as a user adds a limit of memory.
# Output seen:
#   profile alone: 1 job at a time
#   profile and --resources mem_mb=20000: 2 jobs at a time
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1
cat > Snakefile <<'RULES'
rule all:
    input: expand("{n}.done", n=range(2))

# Notes how many of these jobs run while it does.
rule licensed:
    output: "{n}.done"
    resources: licence=1
    shell: "touch {wildcards.n}.running; sleep 3; ls *.running | wc -l > {output}; sleep 3; rm {wildcards.n}.running"
RULES
mkdir profile
printf 'resources:\n  licence: 1\n' > profile/config.yaml
at_a_time() {
    "$folder/env/bin/snakemake" --cores 2 --forceall --profile profile "$@" > log 2>&1 || { cat log; exit 1; }
    sort -n ./*.done | tail -1 | tr -d ' '
}
alone=$(at_a_time)
with_another=$(at_a_time --resources mem_mb=20000)
echo "profile alone: $alone job at a time"
echo "profile and --resources mem_mb=20000: $with_another jobs at a time"
[ "$alone" = 1 ] && [ "$with_another" = 2 ] || { echo "the behaviour has changed"; exit 1; }
