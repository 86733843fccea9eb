"""The magics: each parses a line, calls one public function and displays once."""
