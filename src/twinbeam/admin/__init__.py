"""
What an owner can do, as functions: a command prints what they give, and a page will.

In:    an `Admin` (a store, who asks, a clock) and typed values
Out:   values, or one AdminError that says what is wrong and what to do
Never: parses a command line, prints, or changes anything without a line in the audit
"""
