"""What a file of rows is taken for, and what is to become of it."""
