"""Where things lie, for tests."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
ENVIRONMENTS = Path(os.environ.get("TRAINCLOCK_ENVS") or ROOT / ".envs")
