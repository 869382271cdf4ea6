"""
Room 3 of 7: identity.

In:    Arrival, Permission    what the sender typed, and what the visitor allowed
Out:   Signal                 the first value that may be stored
Never: lets a raw identifier past
"""
