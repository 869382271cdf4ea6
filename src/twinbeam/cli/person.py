"""The options that say which person is meant, for commands about one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from twinbeam.cli.options import shop_option
from twinbeam.core.erasure import KINDS, Person
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.engines.stores.sqlite.store import SqliteSetup

_OPTIONS = (
    ("--email", "An e-mail address; - asks for it, so that your shell does not keep it."),
    ("--phone", "A phone number with its country code (+49...); - asks for it."),
    ("--external-id", "The shop's own number of a customer; - asks for it."),
    ("--order-id", "The shop's order number."),
    ("--visitor-id", "The visitor id of a visit, as the tag sends it."),
)
NAMES = ("email", "phone", "external_id", "order_id", "visitor_id")


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options, and `--workspace`."""
    from twinbeam.core.rules import MAIN

    workspace = click.option("--workspace", default=MAIN, show_default=True, help="The workspace: an agency's client.")
    command = shop_option(workspace(command))
    for name, told in reversed(_OPTIONS):
        command = click.option(name, help=told)(command)
    return command


def said(options: dict[str, str | None]) -> bool:
    """Tell whether anybody is named."""
    return any(options[name] for name in NAMES)


def person_of(store: "SqliteSetup", workspace: str, options: dict[str, str | None]) -> Person:
    """
    Say who is meant; raises ConfigError unless exactly one option names somebody who can be looked up.

    Where several shops may give one number to orders of different persons, the shop has to be named.
    """
    from twinbeam.cli.setup import known_shop
    from twinbeam.core.erasure import person

    named = [(kind, name) for kind, name in zip(KINDS, NAMES, strict=True) if options[name]]
    if len(named) != 1:
        raise ConfigError("Say who is meant: one of --email, --phone, --external-id, --order-id or --visitor-id.")
    (kind, name) = named[0]
    value = str(options[name])
    if value == "-":
        value = click.prompt(name.replace("_", " ").capitalize(), err=True)
    wanted = options["shop"]
    shop = known_shop(store, workspace, wanted) if wanted is not None or kind == "order" else None
    return person(kind, workspace, _known_as(kind, value), shops=store.all_shops(workspace), shop=shop)


def _known_as(kind: str, value: str) -> str:
    """Give a value as it is looked up: hashed where events have it hashed."""
    from twinbeam.pipeline.identity.email import email_digest
    from twinbeam.pipeline.identity.event_ids import safe_id
    from twinbeam.pipeline.identity.hashing import is_hashed
    from twinbeam.pipeline.identity.person import hashed_external_id
    from twinbeam.pipeline.identity.phone import Phones

    if is_hashed(value) and kind in ("email", "phone", "external_id"):
        return value.lower()
    digest: object
    match kind:
        case "email":
            digest, wrong = email_digest(value), "This is not an e-mail address."
        case "phone":
            digest = Phones(None).hashed(value, None, [])
            wrong = "This is not a phone number; write it with its country code, such as +4915112345678."
        case "external_id":
            digest, wrong = hashed_external_id(value, []), "This is no customer number."
        case "order":
            return safe_id(value)
        case _:
            return value
    if not isinstance(digest, str):
        raise ConfigError(wrong)
    return digest
