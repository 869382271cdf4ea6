"""The command line's front: the list of commands, and how errors are told."""

import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from twinbeam import __version__
from twinbeam.core.errors import TwinbeamError

#: Name, module, and the one line that the list shows; the modules are imported only when needed.
COMMANDS = {
    "serve": ("twinbeam.cli.serve", "Run the gateway: intake, delivery and pages."),
    "demo": ("twinbeam.cli.demo", "Run everything on this machine: a shop, TikTok's side, the gateway."),
    "pixels": ("twinbeam.cli.pixels", "Add pixels and event sets, save their tokens, set their rules."),
    "accounts": ("twinbeam.cli.accounts", "Connect accounts of TikTok and import their pixels."),
    "keys": ("twinbeam.cli.keys", "Make keys for tags, servers and readers; list and revoke them."),
    "sources": ("twinbeam.cli.sources", "Accept signed webhooks: make sources, replace their secrets."),
    "tag": ("twinbeam.cli.tag", "Print what a shop's pages need for the browser tag."),
    "shops": ("twinbeam.cli.shops", "For several shops on one pixel: keep their order numbers apart."),
    "workspaces": ("twinbeam.cli.workspaces", "For agencies: add clients, and say which hosts are theirs."),
    "users": ("twinbeam.cli.users", "Let people into the pages: invite, change roles, help who is locked out."),
    "audit": ("twinbeam.cli.audit", "Show who changed which pixel, key or rule, and who erased or exported."),
    "import": ("twinbeam.cli.importing", "Import orders or events from a file, after a dry run."),
    "feed": ("twinbeam.cli.feed", "Take in the product feed; see which ids of events it does not know."),
    "orders": ("twinbeam.cli.orders", "Compare the shop's orders with what TikTok accepted of them."),
    "report": ("twinbeam.cli.report", "Write or send the weekly report of orders."),
    "find": ("twinbeam.cli.find", "Show what became of an event."),
    "issues": ("twinbeam.cli.issues", "List what is wrong with pixels, and mute what is meant to be so."),
    "dead-letters": ("twinbeam.cli.dead_letters", "List what TikTok refused, and send it again."),
    "alerts": ("twinbeam.cli.alerts", "See what is wrong, and decide who is told of it and when."),
    "release": ("twinbeam.cli.release", "Send an order that is held because its number was used before."),
    "erase": ("twinbeam.cli.erase", "Erase what is stored about a person."),
    "requests": ("twinbeam.cli.requests", "List and carry out what shop systems pass on of persons' rights."),
    "export": ("twinbeam.cli.export", "Print the stories of a workspace, or all about a person."),
    "doctor": ("twinbeam.cli.doctor", "Check this installation and say what to correct."),
    "rehearse": ("twinbeam.cli.rehearse", "Ask TikTok by test events what its documents leave open."),
    "backup": ("twinbeam.cli.backup", "Back the store and the journals up, beside a running gateway."),
    "restore": ("twinbeam.cli.restore", "Put a backup back into an empty folder."),
    "restored": ("twinbeam.cli.restored", "Send or discard what a restore from an old backup holds."),
    "jobs": ("twinbeam.cli.jobs", "List the gateway's periodic jobs with their last and next runs."),
    "emulator": ("twinbeam.cli.emulator", "Run TikTok's side on this machine, without an account."),
}


class Commands(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names in the order people meet them."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[name][0]).command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="twinbeam")
def twinbeam() -> None:
    """
    Twinbeam takes a shop's conversions from browser and server, lets through what the visitor
    allowed, joins both copies, and delivers each one to TikTok once.

    \b
    First steps:
      twinbeam demo                                   see it work, no account needed
      twinbeam pixels add CODE --token-stdin < token  your pixel and its access token
      twinbeam keys create server --source shop --pixel CODE
      twinbeam serve                                  events on :8700, pages on :8701

    Settings are environment variables (TWINBEAM_...); `twinbeam doctor --settings` shows those in force.
    """  # noqa: D205, D301 -- \b tells click to keep the lines


def main() -> None:
    """Run a command; an expected problem is one clear message and exit status 1."""
    try:
        twinbeam(prog_name="twinbeam", standalone_mode=True)
    except TwinbeamError as error:
        _fail(str(error))
    except UnicodeEncodeError:
        _fail("A text is not UTF-8: write it in UTF-8, and use a locale such as LC_ALL=C.UTF-8.")
    except OSError as error:
        if error.filename is None:
            _fail(f"The output cannot be written ({error.strerror}); make room where it goes.")
        _fail(f"{error.filename}: {error.strerror}; see TWINBEAM_DATA, TWINBEAM_JOURNAL_FOLDER, TWINBEAM_KEYRING.")


def _fail(sentence: str) -> NoReturn:
    with suppress(OSError):  # whoever should read it is gone, or has no room: the status says it as well
        click.echo(f"twinbeam: {sentence}", err=True)
    sys.exit(1)
