"""The tests. One thread of computing a process: several test processes run side by side."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
