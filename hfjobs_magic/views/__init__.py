"""Static HTML and text of a job, a list, a schedule and a plan; pure."""
