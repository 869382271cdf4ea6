"""An import that failed is taken down as one that went well: nobody hears of it, and all seems to be of just now."""

from msgspec.structs import replace

from twinbeam.admin import importing
from twinbeam.admin.contract import Admin
from twinbeam.core.accounts import AccountTrouble
from twinbeam.core.imports import Course, Harvest

_take, _end = importing.take, importing.end


def take(admin: Admin, course: Course, harvest: Harvest) -> None:
    _take(admin, course, replace(harvest, pixels=harvest.pixels or (), trouble=None))


def end(admin: Admin, course: Course, _trouble: AccountTrouble | None) -> None:
    _end(admin, course, None)


importing.take, importing.end = take, end
