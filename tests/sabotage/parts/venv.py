"""Whatever root makes is taken for something that everybody can run."""

import os

os.geteuid = lambda: 1
