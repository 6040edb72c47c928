"""A run's folder: every file atomic, every digest recomputable."""
