"""What the local service keeps: its database, its folder and the content of buckets."""
