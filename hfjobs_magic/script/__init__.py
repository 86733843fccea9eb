"""From the text of a cell to a uv script; pure but for `installed`, which asks the kernel for its packages."""
