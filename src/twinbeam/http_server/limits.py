"""How much one sender, and all of them together, may ask of a process."""

from msgspec import Struct

_KIB = 1_024
_MIB = 1_024 * _KIB


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds of a server; a read brings up to 256 KiB, so what is not yet parsed may be over by so much."""

    head_bytes: int = 32 * _KIB  #: request line and header lines; also of trailers
    head_lines: int = 100
    target_bytes: int = 8 * _KIB  #: RFC 9112 3 asks for 8,000 at least
    body_wire_bytes: int = 10 * _MIB + 64 * _KIB  #: with its chunks' frames; what a body may hold is the app's to say
    framing_bytes: int = 64 * _KIB  #: in a row without a byte of body: chunk extensions and trailers
    buffered_bytes: int = 64 * _KIB  #: of a body that the app has not asked for; then reading pauses
    pipelined: int = 16  #: requests that wait behind the one that is answered
    held_bytes: int = 64 * _MIB  #: of all requests that have no answer yet
    connections: int = 8_192  #: where there are descriptors for as many
    head_seconds: float = 10.0  #: from the connection, or the first byte of a head, to its end
    idle_seconds: float = 30.0  #: between two requests
    body_seconds: float = 40.0  #: longer than the app's own patience, whose answer says more
    write_seconds: float = 30.0  #: for a peer that does not read
    linger_bytes: int = 8 * _MIB  #: read and thrown away behind an early answer, so that the answer arrives
    linger_seconds: float = 2.0
    farewell_seconds: float = 3.0  #: how long a stop waits for requests under way


DEFAULTS = Limits()
