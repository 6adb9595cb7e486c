# A flood of numbered lines. Argument: how many. Waits for a line of input first; afterwards it says so, and stays.
import os, sys, tty

LINES = int(sys.argv[1])
tty.setraw(0)
os.write(1, b"ready\r\n")
os.read(0, 64)
for first in range(0, LINES, 1024):
    data = b"".join(b"%012d the quick brown fox jumps over the lazy dog .....\r\n" % n for n in range(first, min(LINES, first + 1024)))
    while data:
        data = data[os.write(1, data):]
os.write(1, b"the end")
os.read(0, 64)
