#!/usr/bin/env bash
# In short: What snakedeploy deploys from a local folder cannot be run: its module names a path without that folder.
# Library: snakedeploy 0.17.1 with Snakemake 9.27.1 (Python 3.12, Linux).
# One would expect: deploying a workflow from a folder on this machine writes a module statement that names the Snakefile
#   in that folder, as deploying from GitHub names the one there.
# Behaviour: the statement names "workflow/Snakefile", which Snakemake looks for below the folder of the deployed Snakefile:
#   every call ends with "No such file or directory". A source with its Snakefile in the root gives "Snakefile", the deployed
#   file itself, which then includes itself until Python's recursion ends. With the folder's path in front it works.
# Who meets it: who deploys from a clone: on a machine without a network, or to try a change before it is pushed.
# Output seen:
#   deployed: snakefile: "workflow/Snakefile"
#   as written: exit status 1, No such file or directory
#   with the folder in front: exit status 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakedeploy==0.17.1 snakemake==9.27.1
mkdir -p source/workflow source/config
echo 'x: 1' >source/config/config.yaml
printf 'rule all:\n    output: "made"\n    shell: "touch {output}"\n' >source/workflow/Snakefile
env/bin/snakedeploy deploy-workflow "$folder/source" deployed --branch main >log 2>&1
named=$(grep -A1 'snakefile:' deployed/workflow/Snakefile | tr -d '\n' | tr -s ' ' | sed 's/^ //')
echo "deployed: $named" | tee seen
try() {
    local status=0
    (cd deployed && ../env/bin/snakemake --dry-run --cores 1 >../out 2>&1) || status=$?
    echo "$1: exit status $status$(grep -o 'No such file or directory' out | sed 's/^/, /' | head -1)" | tee -a seen
}
try "as written"
sed -i "s#\"workflow/Snakefile\"#\"$folder/source/workflow/Snakefile\"#" deployed/workflow/Snakefile
try "with the folder in front"
grep -qx 'deployed: snakefile: "workflow/Snakefile"' seen
grep -qx 'as written: exit status 1, No such file or directory' seen
grep -qx 'with the folder in front: exit status 0' seen
