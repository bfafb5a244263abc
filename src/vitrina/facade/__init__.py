"""The objects that plugins know, and the factory that assembles the application."""
