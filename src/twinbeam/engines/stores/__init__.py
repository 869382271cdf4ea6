"""Stores: one implementation of the record, send, settle and ledger contracts per folder."""
