"""Show what strangers wrote as they wrote it."""

from twinbeam.cli import export, find, visible


def as_written(value: object) -> object:
    return value


visible.visible = visible.all_visible = export.visible = find.all_visible = as_written
