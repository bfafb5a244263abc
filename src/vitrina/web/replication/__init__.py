"""Pages about replication."""
