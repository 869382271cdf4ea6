"""The lines to copy for a pixel, as its set-up and its settings show them. Pure."""

from twinbeam.admin.snippet import SnippetOptions, snippet_of
from twinbeam.core.story import PixelRow
from twinbeam.web.contract import RouteContext
from twinbeam.web.setup.install import InstallPath, Part, parts_of


def install_parts(context: RouteContext, row: PixelRow, path: InstallPath, key: str = "") -> list[Part]:
    """Return what to put where on a path; `key` is a browser key that was just made. Raises AdminError."""
    options = SnippetOptions(
        row.code,
        context.tag_path,
        key=key,
        mode="gateway" if row.rules.way == "server" else "drop-in",
        workspace=row.workspace,
    )
    snippet = snippet_of(row.rules, options)
    return parts_of(path, snippet.head, context.intake_url, options, f"{row.workspace}/{row.code}")
