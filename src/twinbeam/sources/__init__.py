"""
Inbound dialects: what senders speak, turned into the values of `twinbeam.core`.

A dialect is an object that keeps the accept room's contract (`pipeline/accept/contract.py`): it tells which requests
are its own, whose they are, what they hold, and how they are answered. How it reads bytes is a pure function that
raises nothing and knows no clock, no key and no pixel. The rules that hold for every event stay in the accept room.
"""
