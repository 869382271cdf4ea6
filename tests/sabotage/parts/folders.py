"""Open folders are left open, without a word."""

from twinbeam.app import ownership

ownership.open_folders = lambda _settings: []
