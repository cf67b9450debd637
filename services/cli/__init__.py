"""The command `spoedkader`: it talks to the services through their contracts alone, and nothing imports it."""

import os

# The library writes its own lines about what the commands already tell in words.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
