"""Hook specifications, the plugin manager, and the one rule by which hooks are called."""
