"""The local service: the Hub's Jobs API on this machine, without an account.

It stands in for the Hub, so it and the rest of the package only meet over HTTP: nothing here imports from the rest,
and the rest imports only :mod:`hfjobs_magic.local.daemon`, which finds, starts and stops the service.

The layers, each importing only from those before it::

    storage    the data directory: SQLite, contents of bucket files, settings
    jobs       the queue, and a supervisor per job: a small process that outlives the service
    daemon     finds, starts and stops the service
    server     HTTP: routes, login, pages
    __main__   the command line
"""
