"""The pages of signing in and out, tokens, and the tools that explain permissions."""
