"""Write what is generated from the code: docs/architecture.md, docs/config.md with
schemas/config.schema.json, docs/columns.md, docs/steps.md, docs/findings.md, docs/layers.md,
docs/optimizers.md, and docs/performance.md of what docs/performance.json keeps.

    make docs
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import architecture
import columns_page
import config_page
import findings_page
import layer_facts
import optimizer_facts
import steps_page

from bench import page as performance_page
from scripts.core.files import atomic


def main() -> None:
    """Write all generated files."""
    for page in (
        architecture,
        config_page,
        columns_page,
        steps_page,
        findings_page,
        layer_facts,
        optimizer_facts,
        performance_page,
    ):
        for file, text in page.files().items():
            with atomic(file) as temporary:
                temporary.write_text(text, encoding="utf-8")
            print(file)


if __name__ == "__main__":
    main()
