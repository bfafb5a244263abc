"""Where secrets for object stores come from, kept fresh; shared by files and replication."""
