"""What the commands of the tests have in common."""

import argparse
import re

PYTHON = "PYTHONPATH=layers/dokstamp_sync:. .local/env/dev/bin/python"
"""How their commands are called, in the project's folder."""


def regex(text: str) -> re.Pattern[str]:
    """The type of an option that is a regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
