"""What a job of a cell and its notebook exchange through the job's folder in the bucket: outputs, how it ended."""
