"""Write what is generated from the code: docs/architecture.md, docs/config.md and schemas/config.schema.json.

make docs
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import architecture
import config_page

from scripts.core.files import atomic


def main() -> None:
    """Write all generated files."""
    for file, text in [*architecture.files().items(), *config_page.files().items()]:
        with atomic(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main()
