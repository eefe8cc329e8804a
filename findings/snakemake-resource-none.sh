#!/usr/bin/env bash
# In short: A resource whose function returns None takes the place of --default-resources: the job asks for nothing.
# Library: Snakemake 9.27.1 (Python 3.12, Linux).
# One would expect: a rule whose resource is a function that returns None, "nothing to ask for", leaves the request
#   to --default-resources, as a rule does that does not name the resource at all.
# Behaviour: the None takes the place of the default: the job asks for nothing. So a workflow that takes account or
#   partition from its config, where they may be empty, drops without a word what the user's profile or command
#   line asks for, and the job goes to the cluster's default account and partition.
# Who meets it: authors of workflows for clusters, and their users with a site profile.
# Output seen:
#   rule without the resource: asks for the account toy
#   rule whose function returns None: asks for no account
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1
cat > Snakefile <<'RULES'
rule all:
    input: "plain", "none"

rule plain:
    output: "plain"
    shell: "echo '{resources}' > {output}"

rule none:
    output: "none"
    resources: slurm_account=lambda wildcards: None
    shell: "echo '{resources}' > {output}"
RULES
"$folder/env/bin/snakemake" --cores 1 --default-resources slurm_account=toy > log 2>&1 || { cat log; exit 1; }
asks() { if grep -q toy "$1"; then echo "the account toy"; else echo "no account"; fi; }
echo "rule without the resource: asks for $(asks plain)"
echo "rule whose function returns None: asks for $(asks none)"
[ "$(asks plain)" = "the account toy" ] && [ "$(asks none)" = "no account" ] || { echo "the behaviour has changed"; cat plain none; exit 1; }
