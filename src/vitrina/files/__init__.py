"""Files kept beside the data, on disk or in an object store."""
