"""The digest of the training code, by which records that other code made are told apart."""

import hashlib
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent


def trainer_digest(framework):
    """First 16 hex digits of the SHA-256 of the code that a run of this framework goes through:
    train.py and trainer/, without the modules of other frameworks (NAME.py and _NAME_*.py)."""
    trainer, modules = SCRIPTS / "trainer", SCRIPTS / "trainer" / "frameworks"
    shared = [modules / "__init__.py", modules / "_keras.py"]
    own = [modules / f"{framework}.py", *modules.glob(f"_{framework}_*.py")]
    files = [SCRIPTS / "train.py", *sorted([*trainer.glob("*.py"), *shared, *own])]
    sha = hashlib.sha256()
    for file in files:
        sha.update(file.read_bytes())
    return sha.hexdigest()[:16]
