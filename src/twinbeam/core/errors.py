"""
Surprises. Whatever is expected (a refusal, a duplicate, a verdict) is a value, not an exception.

    TwinbeamError
    ├── ConfigError          a setting, a key file or a command line that cannot work; tells the fix
    ├── StorageError
    │   ├── StorageFull      no room left: the disk, or the size this file may reach
    │   ├── StorageBehind    more waits to be recorded than the journal may hold; passes by itself
    │   ├── StorageBusy      somebody else holds the lock for longer than we wait
    │   └── StorageDamaged   what was read is not what was written
    └── AdminError           what an owner asked for cannot be done; tells the fix (admin/errors.py)
"""


class TwinbeamError(Exception):
    """Any surprise of ours."""


class ConfigError(TwinbeamError):
    """Something the operator can mend; the message names it and the fix."""


class StorageError(TwinbeamError):
    """The journal or the store could not do what it promises."""


class StorageFull(StorageError):  # noqa: N818 -- reads as the state it reports
    """No room is left; nothing of the attempted write was kept."""


class StorageBehind(StorageError):  # noqa: N818
    """The recorder is behind: the journal holds as much as it may; nothing of the attempted write was kept."""


class StorageBusy(StorageError):  # noqa: N818
    """Another process holds what this one needs."""


class StorageDamaged(StorageError):  # noqa: N818
    """Stored bytes failed their check; they are kept as they are for a person to look at."""
