"""The options that say which person is meant, for commands about one."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from twinbeam.cli.options import shop_option
from twinbeam.core.errors import ConfigError

if TYPE_CHECKING:
    from twinbeam.admin.person import Subject, SubjectKind

_OPTIONS = (
    ("--email", "An e-mail address; - asks for it, so that your shell does not keep it."),
    ("--phone", "A phone number with its country code (+49...); - asks for it."),
    ("--external-id", "The shop's own number of a customer; - asks for it."),
    ("--order-id", "The shop's order number; - asks for it."),
    ("--visitor-id", "The visitor id of a visit, as the tag sends it; - asks for it."),
)
#: The names of the options, and what each says of a person.
KINDS: "Mapping[str, SubjectKind]" = {
    "email": "email",
    "phone": "phone",
    "external_id": "external_id",
    "order_id": "order",
    "visitor_id": "visitor",
}


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options, and `--workspace`."""
    from twinbeam.core.rules import MAIN

    workspace = click.option("--workspace", default=MAIN, show_default=True, help="The workspace: an agency's client.")
    command = shop_option(workspace(command))
    for name, told in reversed(_OPTIONS):
        command = click.option(name, help=told)(command)
    return command


def said(options: dict[str, str | None]) -> bool:
    """Return whether anybody is named."""
    return any(options[name] for name in KINDS)


def subject(workspace: str, options: dict[str, str | None]) -> "Subject":
    """Return who is meant, and ask for a value that is "-"; raises ConfigError unless one option names somebody."""
    from twinbeam.admin.person import Subject

    given = [name for name in KINDS if options[name]]
    if len(given) != 1:
        raise ConfigError("Say who is meant: one of --email, --phone, --external-id, --order-id or --visitor-id.")
    (name,) = given
    value = str(options[name])
    if value == "-":
        value = click.prompt(name.replace("_", " ").capitalize(), err=True)
    return Subject(KINDS[name], value, options["shop"], workspace)
