"""Bounded series: what a job used, and what its log says of a training."""
