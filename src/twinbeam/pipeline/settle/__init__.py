"""
Room 7 of 7: settle.

In:    Verdict    what the destination's answer means
Out:   States     written down with the attempt
Never: forgets
"""
