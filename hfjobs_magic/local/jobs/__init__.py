"""How the local service runs jobs: queue, supervisor, sandbox, volumes, schedules."""
