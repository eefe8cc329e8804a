"""What every script shares: errors told in one message, and files written whole or not at all."""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """Something the user can mend; its text names the key, file or command to fix."""


def run(main):
    """Call `main()`. An expected failure becomes one message on stderr and exit status 1.

    Expected are UserError and OSError (disk full, no permission, ...). Anything else is a mistake
    in the program and keeps its traceback. SIGTERM unwinds like Ctrl-C, so temporary files go.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        names = [str(name) for name in (error.filename, error.filename2) if name]
        where = f"{' -> '.join(names)}: " if names else ""
        sys.exit(f"error: {where}{error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


@contextmanager
def atomic(path):
    """Yield a temporary Path beside `path`, with its suffix; rename it to `path` on success.

    The folder is created where missing. On any failure the temporary file is removed and `path`
    stays as it was. An OSError that names no file (a full disk) is given the name of `path`.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
