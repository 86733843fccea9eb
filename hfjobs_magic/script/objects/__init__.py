"""Objects of the notebook as source: the code that makes one again in the job."""
