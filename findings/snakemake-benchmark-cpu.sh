#!/usr/bin/env bash
# In short: Snakemake's benchmark counts half the CPU time of a job of 30 seconds, and next to none of short programs.
# Library: Snakemake 9.27.1 with psutil 7.2.2 (Python 3.12, Linux), `benchmark:`, the columns cpu_time, mean_load,
#   max_rss.
# One would expect: the CPU time of the command in seconds, "CPU load (CPU time divided by wall clock time)", as the
#   documentation says, and the largest memory it had.
# Behaviour: they are what was seen of the processes at some moments: every half second for 15 seconds, then every 30,
#   and not at the end. So a job of up to 45 seconds gets the CPU time and the memory of its first 15, a longer one
#   lacks up to 30 seconds; and a program that runs for a tenth of a second is hardly seen, however often it runs. The
#   load is summed up apart, where each process's first reading is 0. (An issue of 2021, number 851, says so of
#   max_rss.)
# Who meets it: whoever compares programs, or asks a cluster for memory and cores, by these columns: a training that
#   keeps a core busy for half a minute seems to wait half of the time.
# Output seen (a core kept busy, and 300 MB more in the last third of the first two; the true CPU time is bash's):
#   one program of 9 s: most of the CPU time, most of the load, with the 300 MB
#   one program of 30 s: half of the CPU time, half of the load, without the 300 MB
#   90 programs of 0.1 s: less than a quarter of the CPU time, less than a quarter of the load
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export LC_ALL=C
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" snakemake==9.27.1 psutil==7.2.2
cat > busy.py <<'PY'
"""Keep a core busy for so many seconds, the last third of them with 300 MB more memory if there are more than one."""
import sys
import time

seconds, began = float(sys.argv[1]), time.perf_counter()
while time.perf_counter() - began < seconds * 2 / 3:
    pass
memory = b"1" * (300 << 20) if seconds > 1 else b""
while time.perf_counter() - began < seconds:
    pass
PY
cat > Snakefile <<'RULES'
rule one:
    output: "{seconds}.once"
    benchmark: "{seconds}.once.tsv"
    shell: "python busy.py {wildcards.seconds}; times > {output}"

rule many:
    output: "{times}.often"
    benchmark: "{times}.often.tsv"
    shell: "for time in $(seq {wildcards.times}); do python busy.py 0.1; done; times > {output}"
RULES
PATH="$folder/env/bin:$PATH" snakemake --cores 1 -- 9.once 30.once 90.often > log 2>&1 || { cat log; exit 1; }
cat > compare.py <<'PY'
"""Print which parts of the CPU time and load that bash saw are in Snakemake's benchmarks."""
import csv
import re
import sys


def part(number):
    """Say in words what part of the whole a number is."""
    for least, words in ((0.8, "most of"), (0.65, "two thirds of"), (0.4, "half of"), (0.25, "a third of")):
        if number > least:
            return words
    return "less than a quarter of"


jobs = {"9.once": "one program of 9 s", "30.once": "one program of 30 s", "90.often": "90 programs of 0.1 s"}
for name, what in jobs.items():
    with open(f"{name}.tsv") as file:
        (seen,) = csv.DictReader(file, delimiter="\t")
    with open(name) as file:
        children = file.read().splitlines()[1]
    true = sum(60 * int(minutes) + float(seconds) for minutes, seconds in re.findall(r"(\d+)m([\d.]+)s", children))
    time, load = float(seen["cpu_time"]) / true, float(seen["mean_load"]) / 100 * float(seen["s"]) / true
    memory = ", with the 300 MB" if float(seen["max_rss"]) > 250 else ", without the 300 MB"
    print(f"{what}: {part(time)} the CPU time, {part(load)} the load{memory if name != '90.often' else ''}")
    print(f"  cpu_time {seen['cpu_time']} of {true:.2f}, mean_load {seen['mean_load']}, {seen['s']} s", file=sys.stderr)
PY
"$folder/env/bin/python" compare.py | tee seen
cmp -s seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
one program of 9 s: most of the CPU time, most of the load, with the 300 MB
one program of 30 s: half of the CPU time, half of the load, without the 300 MB
90 programs of 0.1 s: less than a quarter of the CPU time, less than a quarter of the load
SEEN
