"""Putting databases on the internet: container contexts, cloud tools, and a mirror made of plain files."""
