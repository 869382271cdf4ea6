"""
What a gateway does again and again beside its work: one scheduler, one file for each job.

A job is a callable without arguments that does a little. It gets the store, the time and whatever else it needs as
arguments of its own; `app/writer.py` joins them.
"""
