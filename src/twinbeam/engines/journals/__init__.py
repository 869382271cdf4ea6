"""Journals: one implementation of the journal contract per file."""
