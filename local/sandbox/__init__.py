"""A stand-in for the DokStamp REST API, made from its documentation alone."""

from local.sandbox.auth import NEIGHBOUR, Account
from local.sandbox.faults import Fault
from local.sandbox.sandbox import Sandbox
from local.sandbox.server import running_sandbox
from local.sandbox.switches import Switches

__all__ = ["NEIGHBOUR", "Account", "Fault", "Sandbox", "Switches", "running_sandbox"]
