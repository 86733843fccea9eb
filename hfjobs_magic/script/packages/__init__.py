"""What a job must install: from a cell's imports and calls to requirements."""
