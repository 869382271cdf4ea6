"""
Room 2 of 7: consent.

In:    Arrival                     what the sender said, and a receipt of what the visitor said before
Out:   Permission, ConsentRecord   allowed, undecided or dropped, what that rests on, and what was said
Never: lets "not said" through where permission is required
"""
