"""What this machine remembers of jobs."""
