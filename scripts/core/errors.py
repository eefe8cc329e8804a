"""How every script ends: an expected failure is one message, not a traceback."""

from __future__ import annotations

import signal
import sys
from typing import Callable


class UserError(Exception):
    """Something the user can fix; its text names the key, file or command to fix."""


def run(main: Callable[[], object]) -> None:
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
