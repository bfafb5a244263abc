"""Configuration: file formats, validated structs, settings, secrets and metadata."""
