"""The table and view page in all its formats."""
