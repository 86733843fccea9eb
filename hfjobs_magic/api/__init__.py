"""The Python API: run, attach, jobs, schedules and the session; its public names are those of `hfjobs_magic`."""
