"""Figures of a grant as JSON, read by programs with a token. There is nothing else."""
