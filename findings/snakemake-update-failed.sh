#!/usr/bin/env bash
# In short: After a job that updates a file has failed, the next call of Snakemake has "nothing to be done".
# Library: Snakemake 9.27.1 (Python 3.12, Linux), output: update(...).
# One would expect: a job that failed runs again at the next call, as every job does whose output is not marked so.
# Behaviour: the previous version of the file is restored as a copy of now, which makes it newer than the inputs, and
#   the failed job is written down as finished. The next call says "Nothing to be done", its exit status is 0, and jobs
#   that read the file go on with what it held before.
# Who meets it: workflows that add to a table or a database, and fail for a reason that is no input: no space, no
#   network, a time limit. Calling again, which is what one does then, seems to fix it, and the new data are never
#   added.
# Output seen (a job fails in the first call, and would succeed in the second):
#   output("table"): failed, then succeeded, and the file holds "old new"
#   update("table"): failed, then nothing to be done, and the file holds "old"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1
cat > Snakefile <<'RULES'
mark = update if config["mark"] == "update" else str

rule add:
    input: "old", "new"
    output: mark("table")
    shell: "test -e available; cat {input} > {output}"
RULES
for mark in output update; do
    rm -rf .snakemake available
    echo old > old
    echo old > table
    sleep 1
    echo new > new
    for turn in first second; do
        end=succeeded
        "$folder/env/bin/snakemake" --cores 1 table --config mark=$mark > log 2>&1 || end=failed
        grep -q "Nothing to be done" log && end="nothing to be done"
        [ "$turn" = first ] && first=$end || echo "$mark(\"table\"): $first, then $end, and the file holds" \
            "\"$(paste -sd ' ' table)\""
        touch available
    done
done | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; cat log >&2; exit 1; }
output("table"): failed, then succeeded, and the file holds "old new"
update("table"): failed, then nothing to be done, and the file holds "old"
SEEN
