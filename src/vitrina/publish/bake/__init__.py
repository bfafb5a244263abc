"""A mirror of a site made of plain files: what anyone may see, without a server."""
