"""What Tab offers on the lines of the magics."""
