#!/usr/bin/env bash
# In short: Grain's seed 1 gives a record the random numbers that seed 0 gives the next, and an epoch the next one's order.
# Library: Grain 0.2.18, DataLoader with IndexSampler(shuffle=True, seed=...) and transforms.RandomMap.
# One would expect: runs with the seeds 0, 1, 2, ... have random numbers and orders of their own, so that their
#   spread shows what chance does.
# Behaviour: the n-th record's generator has the key seed + n, and the order of an epoch the seed seed + epoch. So
#   the n-th record gets with seed 1 the numbers of the next record with seed 0, and epoch 0 of seed 1 is epoch 1 of
#   seed 0, record for record. Ten seeds of ten epochs have 19 orders between them, not 100.
# Who meets it: who repeats a training with seeds 0 to 9 and reports mean and spread: the runs share noise,
#   augmentation and orders. Seeds that lie far apart do not.
# Output seen (100 records):
#   random numbers of seed 1 that are the next record's of seed 0: 99 of 99
#   order of epoch 0 with seed 1 is that of epoch 1 with seed 0: True
#   different orders in 10 epochs with each of 10 seeds: 19
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" grain==0.2.18 numpy==2.5.5
cat >"$folder/seeds.py" <<'PY'
"""Compare orders and random numbers of neighbouring seeds."""
import grain.python as grain


class Noise(grain.RandomMapTransform):
    def random_map(self, element, rng):
        return element, rng.random()


def load(seed, epochs):
    loader = grain.DataLoader(
        data_source=range(100),
        sampler=grain.IndexSampler(
            100, shuffle=True, num_epochs=epochs, seed=seed, shard_options=grain.NoSharding()
        ),
        operations=[Noise()],
    )
    records, noise = zip(*loader)
    return [tuple(records[start : start + 100]) for start in range(0, 100 * epochs, 100)], noise


first, second = load(0, 1)[1], load(1, 1)[1]
same = sum(a == b for a, b in zip(first[1:], second))
print(f"random numbers of seed 1 that are the next record's of seed 0: {same} of 99")
orders = [load(seed, 10)[0] for seed in range(10)]
print(f"order of epoch 0 with seed 1 is that of epoch 1 with seed 0: {orders[1][0] == orders[0][1]}")
print(f"different orders in 10 epochs with each of 10 seeds: {len({order for run in orders for order in run})}")
PY
"$folder/env/bin/python" "$folder/seeds.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
random numbers of seed 1 that are the next record's of seed 0: 99 of 99
order of epoch 0 with seed 1 is that of epoch 1 with seed 0: True
different orders in 10 epochs with each of 10 seeds: 19
SEEN
