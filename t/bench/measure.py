"""One run of one command: through the relay, under the meter."""
import os
import socket
import subprocess

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'build', 't')


def figures(line):
    """{"name": number} of "name=number name=number"."""
    return {k: float(v) if '.' in v else int(v) for k, v in (word.split('=') for word in line.split())}


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Relay:
    """Between a client and the server's port; "delay" is one way, in milliseconds."""

    def __init__(self, server_port, delay=0, rate=0, port=0):
        argv = [os.path.join(BUILD, 'relay'), '-d', str(delay), '-r', str(rate), str(port), str(server_port)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().split()
        if len(line) != 2:
            raise SystemExit('bench: no relay')
        self.port = int(line[1])

    def close(self):
        """What it counted."""
        self.process.terminate()
        counted = figures(self.process.stdout.read())
        self.process.wait()
        return counted


def run(argv, home, relay, timeout, memory=0):
    """Runs a tool: all figures of meter and relay, and what it said, at "output"."""
    out, log = os.path.join(home, 'meter'), os.path.join(home, 'log')
    env = {'HOME': home, 'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', 'TMPDIR': '/tmp'}
    meter = [os.path.join(BUILD, 'meter'), '-t', str(timeout), *(['-m', str(memory)] if memory else []), out]
    with open(log, 'wb') as f:
        subprocess.run(meter + argv, env=env, stdin=subprocess.DEVNULL, stdout=f, stderr=f, check=True)
    with open(out) as f:
        result = figures(f.read())
    result.update(relay.close())
    with open(log, errors='replace') as f:
        result['output'] = f.read()[-2000:]
    return result
