"""Whoever runs a command may work in anybody's folders."""

from twinbeam.app import ownership

ownership.check = lambda _settings: None
