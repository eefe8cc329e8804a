#!/usr/bin/env bash
# In short: autorank's report calls populations different at half of Tukey's distance, where its intervals overlap.
# Library: autorank 1.3.0 with statsmodels 0.15.0, autorank() and create_report() of three normal populations.
# One would expect: "populations are significantly different if their confidence intervals are not overlapping": the
#   report names as different what Tukey's HSD finds different, at a distance of two half widths of such an
#   interval.
# Behaviour: the groups "within which there are no significant differences" are made of populations that are less
#   than one half width apart, where the intervals overlap by a half. So pairs that Tukey's test is far from telling
#   apart are reported as significantly different, and groups in the critical difference diagram are too small.
# Who meets it: who compares three or more algorithms with it, as it is made for, and copies the sentence that it
#   writes for a paper: significant differences that the named test did not find.
# Output seen (20 measurements each, means 2, 0.5 and 0):
#   Tukey's HSD of b and c: p = 0.26
#   intervals of b and c overlap: True
#   report: Based on post-hoc Tukey HSD test, we assume that all differences between the populations are significant.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    autorank==1.3.0 baycomp==1.0.3 matplotlib==3.11.2 numpy==2.5.5 pandas==3.1.1 scipy==1.18.1 statsmodels==0.15.0
cat >"$folder/report.py" <<'PY'
"""Compare what Tukey's test, the intervals and the report of autorank say of two populations."""
import contextlib
import io

import numpy as np
import pandas as pd
from autorank import autorank, create_report
from scipy import stats

random = np.random.RandomState(0)
normal = stats.norm.ppf((np.arange(20) + 0.5) / 20)
normal /= normal.std(ddof=1)
data = pd.DataFrame({name: mean + random.permutation(normal) for name, mean in (("a", 2.0), ("b", 0.5), ("c", 0.0))})
print(f"Tukey's HSD of b and c: p = {stats.tukey_hsd(*data.to_numpy().T).pvalue[1, 2]:.2f}")

text = io.StringIO()
with contextlib.redirect_stdout(text):
    result = autorank(data)
    create_report(result)
b, c = result.rankdf.loc["b"], result.rankdf.loc["c"]
print(f"intervals of b and c overlap: {bool(b.ci_lower < c.ci_upper)}")
print("report:", next(line for line in text.getvalue().splitlines() if "post-hoc Tukey HSD test, we assume" in line))
PY
export MPLCONFIGDIR="$folder" MPLBACKEND=agg
"$folder/env/bin/python" -W ignore "$folder/report.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
Tukey's HSD of b and c: p = 0.26
intervals of b and c overlap: True
report: Based on post-hoc Tukey HSD test, we assume that all differences between the populations are significant.
SEEN
