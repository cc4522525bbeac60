#!/usr/bin/env python3
"""through.py RELAY PORT OPTION... -- STEP...: a session with PORT of loopback through t/bench/relay.c.

A step is text to send ("|" for a line's end) or "<TEXT", which reads until TEXT has come.  Says how
many bytes came and how long it took, then what the relay counted."""
import socket, subprocess, sys, time


def session(s, steps):
    """How many bytes came, and how it ended."""
    n = 0
    try:
        for step in steps:
            if step[0] != '<':
                s.sendall(step.replace('|', '\r\n').encode())
                continue
            got = b''
            while step[1:].encode() not in got:
                more = s.recv(65536)
                n += len(more)
                got += more
                if not more:
                    sys.exit(f'the server ended: {got}')
        return n, 'ended'
    except ConnectionResetError:
        return n, 'reset'


def main(args):
    cut = args.index('--')
    relay = subprocess.Popen([args[0], *args[2:cut], '0', args[1]], stdout=subprocess.PIPE, text=True)
    port = int(relay.stdout.readline().split()[1])
    try:
        # before it connects: the relay's clock runs from then on, whatever this process waits for
        began = time.monotonic()
        with socket.create_connection(('127.0.0.1', port)) as s:
            n, end = session(s, args[cut + 1:])
        print(f'got={n} {end} ms={int((time.monotonic() - began) * 1000)}')
    finally:
        relay.terminate()
    print(relay.stdout.read().strip())


if __name__ == '__main__':
    main(sys.argv[1:])
