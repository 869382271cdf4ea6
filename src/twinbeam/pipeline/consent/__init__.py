"""
Room 2 of 7: consent.

In:    Arrival       what the sender said
Out:   Permission    allowed, undecided or dropped, and what that rests on
Never: lets "not said" through where permission is required
"""
