"""Reading files of rows, and writing them into tables."""
