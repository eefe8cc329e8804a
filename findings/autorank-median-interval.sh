#!/usr/bin/env bash
# In short: autorank's confidence intervals of medians are half as wide again as they should be: 99.9 % for 97.5 %.
# Library: autorank 1.3.0, autorank() of two populations that are not normal, 100 measurements each, alpha=0.05.
# One would expect: of 100 values the interval from the 39th to the 62nd, by the rule n/2 -+ z sqrt(n)/2 (Campbell
#   and Gardner, 1988) at 1 - 0.05 / 2, as alpha is shared by two populations: it has the median in 97.5 % of all
#   cases.
# Behaviour: the rule is written as n/2 -+ z sqrt(n/2), and the ranks, which count from 1, are used as places that
#   count from 0. The interval goes from the 35th to the 68th value: it has the median in 99.9 % of all cases.
# Who meets it: who reports these intervals, in its table or its plot: they overlap where they should not, and say
#   "no difference" of medians that differ.
# Output seen (values 1 to 100):
#   interval 35 to 68, has the median in 99.9 %
#   by the rule 39 to 62, has the median in 97.9 %
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    autorank==1.3.0 baycomp==1.0.3 matplotlib==3.11.2 numpy==2.5.5 pandas==3.1.1 scipy==1.18.1 statsmodels==0.15.0
cat >"$folder/interval.py" <<'PY'
"""Print autorank's interval of the median of 1 to 100, that of the rule, and how often either has the median."""
import contextlib
import io

import numpy as np
import pandas as pd
from autorank import autorank
from scipy import stats

random = np.random.RandomState(0)
data = pd.DataFrame({name: random.permutation(np.arange(1.0, 101.0)) for name in "ab"})
with contextlib.redirect_stdout(io.StringIO()):
    result = autorank(data)
assert not result.all_normal
lower, upper = result.rankdf.loc["a", ["ci_lower", "ci_upper"]]
z = stats.norm.ppf(1 - 0.05 / 2 / 2)
rule = round(50 - z * np.sqrt(100) / 2), round(1 + 50 + z * np.sqrt(100) / 2)


def share(lower, upper):
    """How often the median of a continuous distribution lies between the values of these ranks of 100."""
    return f"{100 * (stats.binom.cdf(upper - 1, 100, 0.5) - stats.binom.cdf(lower - 1, 100, 0.5)):.1f} %"


print(f"interval {lower:.0f} to {upper:.0f}, has the median in {share(lower, upper)}")
print(f"by the rule {rule[0]} to {rule[1]}, has the median in {share(*rule)}")
PY
export MPLCONFIGDIR="$folder" MPLBACKEND=agg
"$folder/env/bin/python" -W ignore "$folder/interval.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
interval 35 to 68, has the median in 99.9 %
by the rule 39 to 62, has the median in 97.9 %
SEEN
