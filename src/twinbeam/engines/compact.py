"""
Payloads made smaller before they are sealed.

Most of a payload is what every event says in the same words, and hashes that are written as hexadecimal digits. A
dictionary that both sides have (compact.zdict) spares the words and the search for a code: an event of 1.5 kB shrinks
to 0.6 kB in 4 us (docs/decisions/0016-compact-payloads.md).

The dictionary never changes, since payloads are read with the one they were written with: each names the id of its
dictionary. A better one comes as a second file.
"""

from pathlib import Path

import zstandard

from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.keyring import NotOpenedHere

DICTIONARY = Path(__file__).with_name("compact.zdict")
DICTIONARY_ID = 0x5442_0001  #: outside what the format keeps for registered dictionaries
_LEVEL = 1  #: higher ones take longer and save less than a twentieth more


class Compactor:
    """Makes payloads small and readable again, for one thread at a time."""

    def __init__(self) -> None:
        dictionary = zstandard.ZstdCompressionDict(DICTIONARY.read_bytes(), dict_type=zstandard.DICT_TYPE_FULLDICT)
        dictionary.precompute_compress(level=_LEVEL)
        self._compress = zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary).compress
        self._decompress = zstandard.ZstdDecompressor(dict_data=dictionary).decompress

    def compact(self, content: bytes) -> bytes:
        """Make a payload smaller; one that is random grows by a few bytes."""
        return self._compress(content)

    def restored(self, compact: bytes) -> bytes:
        """
        Return what was made smaller as it was.

        Raises StorageDamaged for what was not, and NotOpenedHere for what another release's dictionary made smaller.
        """
        try:
            return self._decompress(compact)
        except zstandard.ZstdError as error:
            kind = NotOpenedHere if _dictionary_of(compact) not in (0, DICTIONARY_ID) else StorageDamaged
            raise kind(f"a payload cannot be unpacked: {error}") from error


def _dictionary_of(compact: bytes) -> int:
    """Return the id of the dictionary that something names, 0 for none."""
    try:
        return zstandard.get_frame_parameters(compact).dict_id
    except zstandard.ZstdError:
        return 0
