"""The page of one row in all its formats."""
