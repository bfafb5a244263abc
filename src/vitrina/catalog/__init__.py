"""What exists in a database, as immutable data."""
