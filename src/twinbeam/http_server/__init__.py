"""
An HTTP/1.1 server for ASGI apps that may stand in front of strangers; the parser is httptools', the loop uvloop's.

    limits.py       how much one sender, and all of them together, may ask of a process
    descriptors.py  how many files and connections it may have open
    registry.py     all open connections: whom we wait for, since when, and how many bytes they hold
    reader.py       bytes to requests, within the limits
    connection.py   one connection: in which order it is answered, how long we wait, how it ends
    exchange.py     one request and its answer, as the app sees them
    wording.py      how heads and refusals are written
    server.py       takes connections in, sweeps over their deadlines, ends in order
"""
