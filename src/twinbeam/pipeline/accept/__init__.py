"""
Room 1 of 7: accept.

In:    an HTTP request    a write key and a body in some dialect
Out:   Arrival            one per item and pixel, or Rejected with the field and the fix
Never: stores anything
"""
