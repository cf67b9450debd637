"""Runs a module as a program that may use so much and no more: `python -m services.policy.limited`, then the bytes of
memory, the seconds of processor time, the name of the module, and its arguments.

The limits are there before anything of the program is loaded: the engine sets memory aside as soon as it is imported.
"""

import resource
import runpy
import sys

_MOST_LOGGED = 1_000_000


def main() -> None:
    """Sets the limits, and runs the module."""
    memory, seconds, module, *arguments = sys.argv[1:]
    for kind, limit in (
        (resource.RLIMIT_AS, int(memory)),
        # For when whoever started this, and would end it, is gone.
        (resource.RLIMIT_CPU, int(seconds)),
        # What is printed may go to a file, and need not fill the disk.
        (resource.RLIMIT_FSIZE, _MOST_LOGGED),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
