"""Engines: what runs plans against a database."""
