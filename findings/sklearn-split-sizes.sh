#!/usr/bin/env bash
# In short: scikit-learn splits 100 samples 70/15/15 into 69, 16 and 15, and 7 % of 100 are 8.
# Library: scikit-learn 1.9.1, model_selection.train_test_split with a fraction as test_size.
# One would expect: a test_size that is "the proportion of the dataset to include in the test split" gives as many
#   samples as that proportion of them where that is a whole number: 15 of 85 for 0.15 / 0.85, and 7 of 100 for
#   0.07.
# Behaviour: the product of fraction and number is rounded up as it is in float64: 0.15 / 0.85 * 85 is
#   15.000000000000002, and gives 16. So one sample in a split is on the other side.
# Who meets it: who splits off a validation set of 0.15 / 0.85 after a test set of 0.15, as is usual, and compares
#   with a split by another library: one sample differs, and with it each number, though the seeds and fractions are
#   equal.
# Output seen (training, validation and test samples):
#   100 samples, 70/15/15: 69 16 15
#   50000 samples, 70/15/15: 34999 7501 7500
#   1000 samples, 90/5/5: 899 51 50
#   100 samples, 93/7: 92 8
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" scikit-learn==1.9.1 numpy==2.5.5
cat >"$folder/split.py" <<'PY'
"""Print how many samples train_test_split puts where."""
from sklearn.model_selection import train_test_split


def sizes(number, part):
    rest, test = train_test_split(range(number), test_size=part, random_state=0)
    train, validation = train_test_split(rest, test_size=part / (1 - part), random_state=0)
    return len(train), len(validation), len(test)


print("100 samples, 70/15/15:", *sizes(100, 0.15))
print("50000 samples, 70/15/15:", *sizes(50000, 0.15))
print("1000 samples, 90/5/5:", *sizes(1000, 0.05))
print("100 samples, 93/7:", *map(len, train_test_split(range(100), test_size=0.07)))
PY
"$folder/env/bin/python" "$folder/split.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
100 samples, 70/15/15: 69 16 15
50000 samples, 70/15/15: 34999 7501 7500
1000 samples, 90/5/5: 899 51 50
100 samples, 93/7: 92 8
SEEN
