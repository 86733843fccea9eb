"""What goes into the job with a cell: two processes, of which IPython is one.

Shipped as it is, in one archive (`hfjobs_magic.script.runner_archive`), and run by the job's own Python, 3.9 or newer:
the standard library and IPython only, and nothing of this package is imported from outside or imports it.

The first process (`parent`) starts the second, passes signals on to it, and when it has ended writes ``cell.ipynb``
and, last of all, ``exit.json``: so even a cell that is killed has an end with a reason. The second (`child`) is
IPython's own shell, which runs the cell's text and writes what it shows as files. Under the folder of the cell's file::

    run/JOB_ID/outputs/000003.json    one output, closed before its line ``[output 3] figure, 640×480`` is printed
    run/JOB_ID/files/…                the folder of --out-dir; files.json says what was copied whole
    run/JOB_ID/cell.ipynb             the cell and its outputs
    run/JOB_ID/exit.json              how it ended
"""
