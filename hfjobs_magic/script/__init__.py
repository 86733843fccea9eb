"""From the text of a cell to a uv script; pure but for `kernel_packages`, which asks the kernel for its packages."""
