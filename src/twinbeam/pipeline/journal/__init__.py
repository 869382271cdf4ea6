"""
Room 4 of 7: journal.

In:    Signal      what may be stored
Out:   a position  durable: only now may the caller hear 2xx
Never: answers before it is durable
"""
