"""Pure functions from a parsed request and a catalog to a plan. No I/O, no threads."""
