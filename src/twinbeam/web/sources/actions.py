"""What the forms of the pages do: each calls the function of `admin/` that a command would call."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from twinbeam.admin import sources
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.sources import NewSource
from twinbeam.core.rules import SourceRules
from twinbeam.orders.preview import Preview

Form = Mapping[str, str]
_PIXEL = "pixel:"


class Acted(Struct, frozen=True):
    """What the page shows once of what was done."""

    name: str = ""  #: of the source that is there now; empty where it was removed
    secret: str = ""  #: that was drawn, and is shown this once
    preview: Preview | None = None


def create(admin: Admin, form: Form) -> Acted:
    """Make a source of a form; raises AdminError."""
    name, secret, places = form.get("name", "").strip(), form.get("secret", "").strip(), _places(form)
    workspaces = {workspace for workspace, _ in places}
    if not places:
        raise Invalid("Choose at least one pixel that the orders go to.")
    if len(workspaces) > 1:
        raise Invalid("Choose pixels of one workspace: a source belongs to one.")
    wanted = NewSource(
        name,
        sources.to_pixels(code for _, code in places),
        workspace=workspaces.pop(),
        secret=secret or None,
        dialect=form.get("kind", ""),
        shop=form.get("shop", "") or None,
    )
    drawn = sources.create(admin, wanted)
    return Acted(name, "" if secret else drawn)


def do(admin: Admin, name: str, form: Form) -> Acted:
    """Do what a form of a source's page asks for; raises AdminError."""
    doing = _DOING.get(form.get("do", ""))
    if doing is None:
        raise Invalid("The form is not one of this page. Reload it and try again.")
    return doing(admin, name, form)


def _rotate(admin: Admin, name: str, form: Form) -> Acted:
    given = form.get("secret", "").strip()
    drawn = sources.rotate(admin, name, given or None)
    return Acted(name, "" if given else drawn)


def _retire(admin: Admin, name: str, _form: Form) -> Acted:
    sources.retire(admin, name)
    return Acted(name)


def _decide(admin: Admin, name: str, form: Form) -> Acted:
    wanted = {rule: form[rule] for rule in SourceRules.__struct_fields__ if rule in form and rule != "mapping"}
    sources.set_rules(admin, name, wanted)
    return Acted(name)


def _remove(admin: Admin, name: str, form: Form) -> Acted:
    if form.get("name", "").strip() != name:
        raise Invalid(f"To remove it, type its name: {name}.")
    sources.remove(admin, name)
    return Acted()


_DOING: Mapping[str, Callable[[Admin, str, Form], Acted]] = {
    "rotate": _rotate,
    "retire": _retire,
    "rules": _decide,
    "remove": _remove,
}


def _places(form: Form) -> list[tuple[str, str]]:
    """Return workspace and code of the pixels that are ticked."""
    ticked = [name.removeprefix(_PIXEL) for name in form if name.startswith(_PIXEL)]
    parted = [it.partition("/") for it in ticked]
    return [(workspace, code) for workspace, _, code in parted]
