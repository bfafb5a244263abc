"""Vitrina's own API tokens, which their holder can narrow."""
