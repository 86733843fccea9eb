"""How values travel between a notebook and a job: one module a format, each with what it refuses.

The type of a value decides its format, by the module that the type comes from: nothing is imported that the program
has not imported. A format gives back what it was given, or refuses it with a sentence; it never changes a value without
a word. Nothing is unpickled but what is asked for as a pickle and signed (`pickles`).

Standard library only and Python 3.9 or newer, because the job uses the same modules: they are shipped with the runner
(`hfjobs_magic.script.runner_archive`).
"""
