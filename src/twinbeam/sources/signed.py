"""
Sources that sign what they send: which one a request is for, and whether its body bears their signature.

A stranger learns nothing here about which sources exist: for an unknown one a stand-in is asked, whose secrets nobody
has, and as many signatures are computed for a source with one secret as for one with two.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from twinbeam.pipeline.accept.contract import Greeting, Request, Signature
from twinbeam.pipeline.accept.directory import Directory, Sender, SignedSource
from twinbeam.pipeline.accept.problems import Problem

MOST_SECRETS = 2

OpenSecret = Callable[[SignedSource, str], bytes]
"""Open one of a source's sealed secrets."""


class SourceSignatures:
    """The sources of one dialect; `nobody` has `MOST_SECRETS` secrets that no sender knows."""

    def __init__(self, dialect: str, open_secret: OpenSecret, nobody: SignedSource) -> None:
        self.dialect = dialect
        self.prefix = f"/in/{dialect}/"
        self._open_secret = open_secret
        self._nobody = nobody

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return request.path.startswith(self.prefix) and request.method == "POST"

    def named(self, request: Request, directory: Directory) -> SignedSource:
        """Return the source that a path names; one that speaks another dialect is unknown here."""
        source = directory.sources.get(request.path.removeprefix(self.prefix), self._nobody)
        return source if source.dialect == self.dialect else self._nobody

    def signature(
        self,
        source: SignedSource,
        verify: Callable[[SignedSource, bytes, int], Sender | Greeting | Problem],
        topic: Callable[[bytes], str],
    ) -> Signature:
        """Return the signature that a body has to bear, whether or not there is such a source."""
        return Signature(partial(verify, source), source.source, topic)

    def is_signed(self, source: SignedSource, given: Iterable[bytes], expected: Callable[[bytes], bytes]) -> bool:
        """Compare every signature with that of every secret: who signed is not told by how long it takes."""
        own = [expected(secret) for secret in self._secrets(source)]
        fits = [hmac.compare_digest(one, other) for one in own for other in given]
        return any(fits) and source is not self._nobody

    def _secrets(self, source: SignedSource) -> Iterator[bytes]:
        """Open the secrets of a source, filled up with nobody's."""
        all_of_them = [(owner, sealed) for owner in (source, self._nobody) for sealed in owner.secrets]
        for owner, sealed in all_of_them[:MOST_SECRETS]:
            yield self._open_secret(owner, sealed)
