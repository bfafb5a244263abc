"""Side-by-side measurements of Vitrina and the reference."""
