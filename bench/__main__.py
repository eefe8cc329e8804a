"""Measure what trainclock costs next to what it is compared with: python bench [NAME ...] [options]."""

import sys
from pathlib import Path

# Python put bench/ itself here.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

if __name__ == "__main__":
    from bench.command_line import main
    from scripts.core import errors

    errors.run(main)
