"""Answers to the import name ``datasette`` inside this process, so that its plugins run unmodified."""

from vitrina.compat.finder import install

__all__ = ["install"]
