"""What a function's code can ask of AWS, by its syntax: a list of actions to hold against its role.

AWS is reached through a few classes only, each behind a port. A function can do what the methods do that somebody
whom it imports calls on such a port.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

from tests.boundaries.sources import FUNCTIONS, LAYER, files, modules, tops, tree

# The classes that talk to AWS, and how those who use them call them.
PORTS = {
    "DynamoDBStore": {"store", "_store"},
    "RefusalTable": {"refusals", "_refusals"},
    "Pdfs": {"pdfs"},
    "QueueAndRuns": {"_answers"},
    "InboxQueue": {"inbox"},
    "StepFunctionsRuns": {"_runs"},
}
# Where a service's actions have another name than the service, and where one call needs more than its own action.
PREFIXES = {
    "dynamodb": "dynamodb",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sqs": "sqs",
    "stepfunctions": "states",
}
MORE = {
    # A version is asked for on a retry, and only who may list is told that a key is missing.
    "s3:GetObject": {"s3:GetObjectVersion", "s3:ListBucket"}
}
CLIENTS = "dokstamp_sync.edge.clients.client"
AWS_FILES = [path for path in files(LAYER, FUNCTIONS) if tops(path) & {"boto3", "botocore"} or CLIENTS in modules(path)]


@cache
def operations() -> dict[str, str]:
    """The name of a boto3 method -> the action that it needs, for every service that we use."""
    session = botocore.session.get_session()
    found = {
        xform_name(operation): f"{prefix}:{operation}"
        for service, prefix in PREFIXES.items()
        for operation in session.get_service_model(service).operation_names
    }
    # A transaction needs what each of its writes would need alone, and ours only puts; so does a batch.
    return found | {"transact_write_items": "dynamodb:PutItem"}


def reached(path: Path) -> set[Path]:
    """The file and all of the layer that it takes something from, at run time."""
    places = {_dotted(each): each for each in files(LAYER)}
    found, todo = set[Path](), [path]
    while todo:
        this = todo.pop()
        found.add(this)
        wanted = modules(this, at_run_time=True)
        named = {place for name, place in places.items() if any(f"{each}.".startswith(f"{name}.") for each in wanted)}
        todo += named - found - {LAYER / "__init__.py"}
    return found


def _dotted(path: Path) -> str:
    parts = path.relative_to(LAYER.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def asked(path: Path) -> set[tuple[str, str]]:
    """(action, the class that does it) for all that the function in this file can ask of AWS."""
    within = reached(path)
    found = {(action, "") for each in within for action in _of_module(each)}
    for each in within & set(AWS_FILES):
        for node in tree(each).body:
            if isinstance(node, ast.ClassDef) and node.name in PORTS:
                used = {name for other in within for name in _called(other, PORTS[node.name])}
                found |= {(action, node.name) for action in _of_class(node, used)}
    return found | {(more, name) for action, name in found for more in MORE.get(action, ())}


def _of_module(path: Path) -> Iterator[str]:
    """Asked outside of any port's class: by functions, and by those who ask for us."""
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef) and node.name in PORTS:
            continue
        if path in AWS_FILES:
            yield from _actions(node)


def _of_class(node: ast.ClassDef, used: set[str]) -> set[str]:
    """Asked by the methods that are used, and by those of its own that they call."""
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    found, todo, seen = set[str](), list(used & set(methods)), set[str]()
    while todo:
        name = todo.pop()
        seen.add(name)
        found |= set(_actions(methods[name]))
        inner = {each.attr for each in ast.walk(methods[name]) if isinstance(each, ast.Attribute)}
        todo += (inner & set(methods)) - seen
    return found


def _actions(node: ast.AST) -> Iterator[str]:
    """By method, as in ``client.put_item``, or by name, as in ``ask("put_item")``."""
    for each in ast.walk(node):
        name = each.attr if isinstance(each, ast.Attribute) else each.value if isinstance(each, ast.Constant) else None
        if isinstance(name, str) and name in operations():
            yield operations()[name]


def _called(path: Path, port: set[str]) -> Iterator[str]:
    """The methods that a file calls on a port, whatever it is an attribute of."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if name in port:
                yield node.attr
