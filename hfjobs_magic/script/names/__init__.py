"""Names of the notebook: which ones a cell uses, and what becomes of each."""
