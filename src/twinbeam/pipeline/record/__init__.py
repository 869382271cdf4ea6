"""
Room 5 of 7: record.

In:    groups of Signals from a journal
Out:   conversions, counted, in one transaction
Never: counts an arrival twice, however often it is replayed
"""
