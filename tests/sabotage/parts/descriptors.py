"""Connections may take all descriptors there are."""

from twinbeam.http_server import descriptors

descriptors.most_connections = lambda wanted: wanted
