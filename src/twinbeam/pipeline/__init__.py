"""The path of an event: seven rooms in a row, joined only by `flow.py`."""
