"""Train some epochs by a loop, in the environment of its framework: python -I bench/loops LOOP [options]."""

import sys
from pathlib import Path

# Python put bench/loops/ itself here.
sys.path[0] = str(Path(__file__).resolve().parents[2])

if __name__ == "__main__":
    from bench.loops.measure import main
    from scripts.core import errors

    errors.run(main)
