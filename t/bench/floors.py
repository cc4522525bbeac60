"""What no synchronizer can be faster than, on the same server and disk."""
import ctypes
import os
import re
import socket
import ssl
import time

from measure import Relay
from server import ok, quote
import trees

SIZE = re.compile(rb'RFC822.SIZE (\d+)')


class Clock:
    """Wall and CPU time of a block."""

    def __enter__(self):
        self.began, self.cpu = time.monotonic(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.monotonic() - self.began, time.process_time() - self.cpu
        self.figures = {'wall': self.wall, 'cpu': self.cpu, 'exit': 0}


def swallow(sock, buffer):
    """Reads to the end: how many bytes, and the last of them."""
    total, tail = 0, b''
    while n := sock.recv_into(buffer):
        total += n
        tail = (tail + bytes(buffer[max(0, n - 4096):n]))[-4096:]
    return total, tail


def talk(server, user, commands, line, tls):
    """All commands in one flight behind the login, the answers read to nowhere."""
    relay = Relay(server.tlsport if tls else server.port, *line)
    buffer = memoryview(bytearray(1 << 20))
    with Clock() as clock:
        sock = socket.create_connection(('127.0.0.1', relay.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            sock = ssl.create_default_context(cafile=server.ca).wrap_socket(sock, server_hostname='localhost')
        sock.recv_into(buffer)
        sock.sendall(f'a LOGIN {user} pw\r\n'.encode())
        sock.recv_into(buffer)
        sock.sendall(''.join(f'b {c}\r\n' for c in commands).encode() + b'c LOGOUT\r\n')
        total, tail = swallow(sock, buffer)
        sock.close()
    result = dict(clock.figures, **relay.close())
    if b'c OK' not in tail:
        result['exit'] = 1
    return result, total


def fetch(server, user, folders, size, line, tls):
    """Every message of every folder, pipelined on one connection."""
    commands = [c for name in folders for c in (f'EXAMINE "{name}"', 'UID FETCH 1:* (BODY.PEEK[])')]
    result, total = talk(server, user, commands, line, tls)
    if total < size:
        result['exit'] = 1
    return result


def ask(server, user, line):
    """The one question of a run with nothing to do."""
    question = 'LIST "" "*" RETURN (STATUS (UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ))'
    return talk(server, user, [question], line, False)[0]


def server_sizes(server, user, folders):
    """How big the messages of each folder are."""
    m, found = server.login(user), []
    for name in folders:
        here = []
        if int(ok(m.select(quote(name), readonly=True))[0]):
            here = [int(SIZE.search(line)[1]) for line in ok(m.fetch('1:*', '(RFC822.SIZE)'))]
        found.append(here)
    m.logout()
    return found


def write_files(where, folders, sync):
    """The same files: written to tmp, made durable, renamed.  sync: none, each, all."""
    data = memoryview(bytes(range(256)) * (1 << 14))
    for i in range(len(folders)):
        for sub in ('tmp', 'cur'):
            os.makedirs(os.path.join(where, str(i), sub))
    os.sync()
    with Clock() as clock:
        for i, folder in enumerate(folders):
            tmp, cur = (os.open(os.path.join(where, str(i), sub), os.O_RDONLY) for sub in ('tmp', 'cur'))
            for n, size in enumerate(folder):
                name = str(n)
                fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=tmp)
                os.write(fd, data[:size])
                if sync == 'each':
                    os.fsync(fd)
                os.close(fd)
                os.rename(name, name, src_dir_fd=tmp, dst_dir_fd=cur)
            os.close(tmp)
            os.close(cur)
        if sync == 'all':
            fd = os.open(where, os.O_RDONLY)
            if ctypes.CDLL(None, use_errno=True).syncfs(fd) != 0:
                raise OSError(ctypes.get_errno(), 'syncfs')
            os.close(fd)
    trees.put_away(where, os.path.dirname(where))
    return clock.figures


def both(server, user, folders, size, line, where, sizes):
    """Every message fetched to nowhere while another process writes the files: what a first sync
    has to do at least, on the processors that there are."""
    os.sync()
    with Clock() as clock:
        writer = os.fork()
        if writer == 0:
            write_files(where, sizes, 'none')
            os._exit(0)
        fetched = fetch(server, user, folders, size, line, False)
        status, usage = os.wait4(writer, 0)[1:]
    cpu = clock.cpu + usage.ru_utime + usage.ru_stime
    return {'wall': clock.wall, 'cpu': cpu, 'exit': fetched['exit'] or os.waitstatus_to_exitcode(status)}
