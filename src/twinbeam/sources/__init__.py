"""
Inbound dialects: what senders speak, turned into the values of `twinbeam.core`.

A dialect is one pure function from any bytes to a `Reading` or a `Problem`; it raises nothing, knows no clock,
no key and no pixel. The rules that hold for every event stay in the accept room.
"""
