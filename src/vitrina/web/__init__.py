"""Page handlers: each parses, decides, plans, executes and renders, and nothing else."""
