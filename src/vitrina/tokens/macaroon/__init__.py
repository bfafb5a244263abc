"""Macaroons: tokens to which a holder can add conditions, but from which nobody can take one away."""
