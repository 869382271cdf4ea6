"""
Backups: taking one beside a running gateway, and putting one back.

    manifest.py   what is in a backup, and whether that is what was written
    copying.py    one database, copied as of one moment while others write to it
    taking.py     taking a backup: journals first, then the store
    keeping.py    which earlier ones go
    restoring.py  putting one back into an empty folder
"""
