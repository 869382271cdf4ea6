"""
Room 6 of 7: send.

In:    Lease      a batch of one lane, frozen
Out:   Verdict    what the destination's answer means
Never: lets one pixel delay or end what is for another
"""
