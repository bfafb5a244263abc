"""Tests in a browser without a window."""
