"""What decides who may ask the gateway, and tells what was done: `key`, `audit`."""

import argparse
from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _key(commands)
    _audit(commands)


def _key(commands: "Commands") -> None:
    parser = add(
        commands,
        "key",
        "keys",
        "make, list and revoke API keys for machines that ask the gateway",
        "A key is shown once, when it is made; only its digest is kept in the state folder.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = _action(actions, "create", "make a key and print it, this once")
    create.add_argument("--name", required=True, help="who will use it, such as ci-payments")
    create.add_argument(
        "--role", choices=("viewer", "service", "reviewer", "operator"), default="service", help="default: service"
    )
    create.add_argument("--days", type=float, default=90.0, help="days until it expires; 0: never (default: 90)")
    _action(actions, "list", "show all keys, without their secrets")
    revoke = _action(actions, "revoke", "let a key open nothing any more; running gateways know within a second")
    revoke.add_argument("key", metavar="KEY", help="its id or its name")


def _audit(commands: "Commands") -> None:
    parser = add(
        commands,
        "audit",
        "keys",
        "check that the gateway's audit log is as it was written, or show it",
        "The log is gateway/audit.jsonl in the state folder.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = _action(actions, "verify", "name the first line that was changed, removed, swapped or added")
    verify.add_argument(
        "--head",
        default="",
        metavar="N:SHA256",
        help="a head that was kept elsewhere, such as in the gateway's own log; tells of lines missing at the end",
    )
    show = _action(actions, "show", "print the newest lines")
    show.add_argument("--last", type=int, default=20, metavar="N", help="how many (default: 20)")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    return parser
