#!/usr/bin/env python3
"""Runs a command on a terminal of its own, and types.
typist.py echo COMMAND...   waits for "ready", types 200 keys one by one, and prints the median of milliseconds until each is seen
typist.py flood COMMAND...  lets it print, reads slowly, types Ctrl-C, and prints the bytes that still came
typist.py paste COMMAND...  types more than anything has room for, then Ctrl-C at once, and prints how much of it was typed"""
import os
import pty
import select
import sys
import time

PATIENCE = float(os.environ.get("PATIENCE", "120"))


def read(fd, most=65536):
    if not select.select([fd], [], [], PATIENCE)[0]:
        sys.exit("typist: nothing comes")
    try:
        return os.read(fd, most)
    except OSError:
        return b""


def see(fd, text):
    seen = b""
    while text not in seen:
        more = read(fd)
        if not more:
            sys.exit("typist: %r never came: %r" % (text, seen[-500:]))
        seen += more


def echo(fd):
    see(fd, b"ready")
    took = []
    for _ in range(200):
        start = time.monotonic()
        os.write(fd, b"x")
        see(fd, b"x")
        took.append(time.monotonic() - start)
    os.write(fd, b"\x03")
    while read(fd):
        pass
    return "%.2f" % (sorted(took)[len(took) // 2] * 1000)


def flood(fd):
    for _ in range(100):
        read(fd, 1000)
        time.sleep(0.002)  # a slow terminal: what waits for it is all that may wait
    os.write(fd, b"\x03")
    count, more = 0, b"x"
    while more:
        more = read(fd, 1000)
        count += len(more)
    return count


def paste(fd):
    see(fd, b"ready")
    os.set_blocking(fd, False)
    typed, idle = 0, 0
    while typed < 600000 and idle < 1000:
        try:
            typed += os.write(fd, b"0123456789abcde\n" * 64)
            idle = 0
        except BlockingIOError:
            idle += 1
            select.select([fd], [], [], 0.001)
        while select.select([fd], [], [], 0)[0]:
            if not read(fd):
                return "ended"
    os.set_blocking(fd, True)
    os.write(fd, b"\n~.")
    while read(fd):
        pass
    return typed


def main():
    todo = {"echo": echo, "flood": flood, "paste": paste}[sys.argv[1]]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    said = todo(fd)
    os.close(fd)
    print(said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main()
