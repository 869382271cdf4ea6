"""How many descriptors a process may have open, and how many of them may be connections."""

import resource

#: For files: the store, journals, logs and their companions take some tens.
RESERVE = 256
_LEAST = 16


def raise_limit() -> None:
    """Raise the soft limit on open descriptors to the hard one, which needs no privilege."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_connections(wanted: int) -> int:
    """Return how many of the wanted connections leave the reserve alone."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(_LEAST, soft - RESERVE))
