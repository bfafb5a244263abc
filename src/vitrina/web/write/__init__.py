"""Pages and endpoints that change something."""
