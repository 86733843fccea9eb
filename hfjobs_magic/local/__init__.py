"""The local service: the Hub's Jobs API on this machine, without an account.

It stands for the Hub, so the only road between it and the rest of the package is HTTP: nothing here imports from
the rest, and the rest imports only :mod:`hfjobs_magic.local.daemon`, which finds, starts and stops the service.

How it is cut::

    daemon  ->  __main__  ->  service  ->  routes_*   HTTP; every fact comes from the store or from a file
                                       ->  runner     the queue: starts supervisors, adopts them, ends them
    supervise                                         one small process a job; outlives the service
"""
