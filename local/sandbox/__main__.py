"""`python -m local.sandbox`: serves the sandbox until it is told to stop."""

import argparse
import json
import os
import signal
import sys
from ipaddress import ip_address
from pathlib import Path

from pydantic import ValidationError

from local.sandbox.auth import Account
from local.sandbox.sandbox import Sandbox
from local.sandbox.server import SandboxServer
from local.sandbox.switches import Switches


def main(arguments: list[str] | None = None) -> None:
    """Serves until SIGTERM or SIGINT; exit code 0 then, 2 for a bad option."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        switches = Switches(generation=options.generation).changed(**dict(options.switch))
    except ValidationError as problem:
        parser.error(str(problem))
    account = Account(**{name: getattr(options, name) for name in Account.__slots__})
    sandbox = Sandbox(switches, account, options.journal)

    def announce() -> None:
        print(f"DokStamp sandbox ({options.generation}) at {sandbox.url}", flush=True)
        if options.ready_file:
            _write_ready_file(options.ready_file, sandbox.url)

    # uvicorn raises the signal that stopped it once more when it is done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        SandboxServer(sandbox, options.host, options.port, announce).serve_until_stopped()
    finally:
        if options.ready_file:
            options.ready_file.unlink(missing_ok=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.sandbox", description=__doc__)
    parser.add_argument("--generation", choices=["g1", "g2"], default="g2", help="generation of the documentation")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--ready-file", type=Path, help='gets {"url", "pid"} once the sandbox listens')
    parser.add_argument("--journal", type=Path, help="keeps all records in that file, for a sandbox started again")
    parser.add_argument("--switch", type=_switch, action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    defaults = Account()
    for name in Account.__slots__:
        variable = f"SANDBOX_{name.upper()}"
        default = os.environ.get(variable) or getattr(defaults, name)
        parser.add_argument(f"--{name.replace('_', '-')}", default=default, help=f"or {variable}; default: %(default)s")
    return parser


def _loopback(host: str) -> str:
    try:
        if ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{host} is not a loopback address")


def _switch(text: str) -> tuple[str, object]:
    """`name=value`, the value as JSON or else as text."""
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _write_ready_file(path: Path, url: str) -> None:
    """Written aside and moved, so that whoever waits for the file finds it whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    draft.replace(path)


if __name__ == "__main__":
    main()
