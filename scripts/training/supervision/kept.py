"""Records of folds whose job has not ended: kept next to where they will lie, so that no kill loses them.

Snakemake removes what a job has made when it makes it again. A kept record counts for the same run only: the
same command on the same files, by the same code.
"""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Iterable, List, Sequence

from scripts.core.record import write_json
from scripts.training.code_digest import trainer_digest
from scripts.training.supervision.repeat import attempts_folder


def place(out: Path) -> Path:
    """Give where a record is kept until all folds of its job are made: kept/3.json of fold-3.json."""
    return out.parent / "kept" / out.name.replace("fold-", "")


def made_from(framework: str, command: Sequence[str], files: Iterable[Path]) -> List[object]:
    """List what a record is made from: the code, the command, and its files with their sizes and times."""
    stats = [(str(file), file.stat()) for file in files]
    return [
        trainer_digest(framework),
        [*command],
        [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats],
    ]


def is_there(out: Path, source: List[object]) -> bool:
    """Check whether a record is kept that was made from this."""
    try:
        return place(out).exists() and json.loads(note(out).read_text()) == source
    except (OSError, ValueError):
        return False


def confirm(out: Path, source: List[object]) -> None:
    """Note what the record that is kept was made from: from now on it is whole, its repetitions too."""
    write_json(source, note(out))


def note(out: Path) -> Path:
    """Give the file that says what a kept record was made from."""
    return place(out).with_suffix(".made-from")


def forget(out: Path) -> None:
    """Remove what is left of an attempt at this fold."""
    for file in (note(out), place(out)):
        if file.exists():
            file.unlink()
    shutil.rmtree(attempts_folder(place(out)), ignore_errors=True)


def hand_over(outs: Iterable[Path]) -> None:
    """Move all kept records, and their attempts, to where they belong."""
    for out in outs:
        attempts = attempts_folder(out)
        shutil.rmtree(attempts, ignore_errors=True)
        if attempts_folder(place(out)).exists():
            attempts_folder(place(out)).replace(attempts)
        place(out).replace(out)
        note(out).unlink()
        with contextlib.suppress(OSError):  # other folds are kept there by another job
            place(out).parent.rmdir()
