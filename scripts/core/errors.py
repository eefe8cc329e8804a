"""How every script ends: an expected failure is one message, not a traceback."""

import signal
import sys
import traceback
from typing import Callable


class UserError(Exception):
    """Something the user can fix; its text names the key, file or command to fix."""


def run(main: Callable[[], object], unwind_on_sigterm: bool = True) -> None:
    """Call `main()`. An expected failure becomes one message on stderr and exit status 1.

    Expected are UserError, OSError (disk full, no permission, ...) and MemoryError. Anything else is
    a mistake in the program and keeps its traceback. SIGTERM unwinds like Ctrl-C, so temporary files
    go; without `unwind_on_sigterm` it keeps its default action and ends the process at once.
    """
    if unwind_on_sigterm:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        names = [str(name) for name in (error.filename, error.filename2) if name]
        where = f"{' -> '.join(names)}: " if names else ""
        sys.exit(f"error: {where}{error.strerror or error}{'' if names else raised_in(error)}")
    except MemoryError as error:
        sys.exit(f"error: memory ran out ({str(error) or 'nothing more is known'})")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def raised_in(error: BaseException) -> str:
    """Name the place in the code where an error came from that names no file; with brackets."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (in {frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
