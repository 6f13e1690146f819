"""How a command of the Makefile begins and ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from local.processes import Failed, end_on_signals
from local.report import errors

INTERRUPTED = 130


def carry_out(main: Callable[[], int], *, interrupted: int = INTERRUPTED) -> NoReturn:
    """Runs the command and exits with its code; a Failed is shown as its text alone, for it says what to do."""
    end_on_signals()
    try:
        code = main()
    except KeyboardInterrupt:
        code = interrupted
    except Failed as failure:
        errors.print(str(failure), style="red", markup=False)
        code = 1
    sys.exit(code)
