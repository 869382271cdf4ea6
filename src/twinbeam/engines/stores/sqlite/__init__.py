"""The store on SQLite: one file, one writer; `store.py` says which file does what."""
