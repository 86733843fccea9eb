"""What was asked for, as checked values: one table of options, and what an option's text means."""
