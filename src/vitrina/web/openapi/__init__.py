"""The description of this instance's API for programs."""
