"""Replication of databases to object stores by Litestream: configuration, supervision, durability, status."""
