"""
The composition root: the only place where concrete parts meet, and the processes they run in.

    supervisor.py   starts and restarts the others; holds the listening sockets
    ingest.py       takes events in; one process per journal slot
    writer.py       records, sends, settles, shows; one process; its parts are joined in recording.py, sending.py,
                    importing.py and dashboard.py
"""
