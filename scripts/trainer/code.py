"""The digest of the training code, by which records that other code made are told apart."""

import hashlib
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent


def trainer_digest(framework):
    """First 16 hex digits of the SHA-256 of the code that a run of this framework goes through:
    train.py and trainer/, without the modules of other frameworks."""
    trainer = SCRIPTS / "trainer"
    shared = [*trainer.glob("*.py"), *trainer.glob("frameworks/_*.py")]
    files = [SCRIPTS / "train.py", *sorted(shared), trainer / "frameworks" / f"{framework}.py"]
    sha = hashlib.sha256()
    for file in files:
        sha.update(file.read_bytes())
    return sha.hexdigest()[:16]
