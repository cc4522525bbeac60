#!/usr/bin/env python3
"""One end of an IMAP connection that does what it is told, step by step.

    peer.py serve DIR [-6bs] [-c PEM [-C CA] [-1]] STEP...   a server for one connection
    peer.py run STEP... -- COMMAND...                      a client of COMMAND's fd 0 and 1

The server makes DIR, and writes DIR/port, then DIR/log (each line that it got) and DIR/result ("ok",
or what went otherwise than told).  With -c it has TLS from the first byte, or from the
step "tls" if there is one; PEM holds certificate and key; -C wants a client's
certificate; -1 is TLS 1.1 at most; -s has a small window;
-b is at 127.0.0.2,
and what comes to the same port of 127.0.0.1 is dropped.  The client exits as COMMAND does, or 99 if
something went otherwise than told.

    >TEXT       send a line; %t is what the last "(...)" of "<" matched
    >>TEXT      send bytes, with \\r, \\n, \\xNN
    <REGEX      get a line that is like this
    take N      get N bytes
    tls         start TLS
    sleep S
    quiet S     not a byte may come for so long
    shut        send no more
    hang        get whatever comes until the other side ends
    eof         the other side must end now
    reset       it must reset the connection, with not a byte before
    die TEXT    COMMAND is stopped, gets a line and the end of the client, and goes on: it finds both at once
    peek FILE   copy what /proc shows of COMMAND to FILE (and its peak memory: "VmHWM")
    flood N M [late]   send N MB and get M MB, both at once; late: first send, then get
"""
import hashlib
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

MB = 1 << 20


class Wrong(Exception):
    pass


def block(seed, i):
    one = hashlib.shake_128(b"flood %d" % seed).digest(MB - 8)
    return i.to_bytes(8, "big") + one


class Peer:
    def __init__(self, sock, log, role, child=None, tls=None):
        self.sock, self.log, self.role, self.child, self.tls = sock, log, role, child, tls
        self.held, self.tag = b"", ""

    def get(self):
        data = self.sock.recv(65536)
        if not data:
            raise Wrong("the other side ended")
        self.held += data

    def line(self):
        while b"\n" not in self.held:
            self.get()
        line, self.held = self.held.split(b"\n", 1)
        self.log.write(line.rstrip(b"\r") + b"\n")
        self.log.flush()
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def take(self, n):
        while len(self.held) < n:
            self.get()
        data, self.held = self.held[:n], self.held[n:]
        return data

    def flood_out(self, n):
        head = block(self.role, 0)[8:]
        for i in range(n):
            self.sock.sendall(i.to_bytes(8, "big") + head)

    def flood_in(self, n, wrong):
        want = block(3 - self.role, 0)[8:]
        try:
            for i in range(n):
                left, parts = MB, [self.held[:MB]]
                self.held = self.held[MB:]
                left -= len(parts[0])
                while left:
                    data = self.sock.recv(min(left, 65536))
                    if not data:
                        raise Wrong("the flood ended early")
                    parts.append(data)
                    left -= len(data)
                got = b"".join(parts)
                if got != i.to_bytes(8, "big") + want:
                    raise Wrong("the flood is not what was sent")
        except (Wrong, OSError) as e:
            wrong.append(str(e))

    def flood(self, out, into, late):
        wrong = []
        if late:
            self.flood_out(out)
            self.flood_in(into, wrong)
        else:
            t = threading.Thread(target=self.flood_in, args=(into, wrong))
            t.start()
            self.flood_out(out)
            t.join()
        if wrong:
            raise Wrong(wrong[0])

    def peek(self, path):
        proc = "/proc/%d/" % self.child.pid
        with open(path, "wb") as f:
            for name in ("cmdline", "environ", "limits", "status"):
                try:
                    f.write(open(proc + name, "rb").read() + b"\n")
                except PermissionError:
                    f.write(name.encode() + b": hidden\n")

    def end(self, strict):
        try:
            while True:
                if self.held and strict:
                    raise Wrong("more came: %r" % self.held[:80])
                while b"\n" in self.held:
                    self.line()
                data = self.sock.recv(65536)
                if not data:
                    break
                self.held += data
        except OSError:
            pass
        self.log.write(self.held)
        self.log.flush()

    def step(self, s):
        if s.startswith(">>"):
            self.sock.sendall(s[2:].encode().decode("unicode_escape").encode("latin-1"))
        elif s.startswith(">"):
            self.sock.sendall(s[1:].replace("%t", self.tag).encode() + b"\r\n")
        elif s.startswith("<"):
            line = self.line()
            m = re.fullmatch(s[1:], line)
            if not m:
                raise Wrong("%r is not like %s" % (line, s[1:]))
            if m.groups():
                self.tag = m.group(1)
        else:
            word, *args = s.split()
            if word == "tls":
                self.sock = self.tls.wrap_socket(self.sock, server_side=True)
            elif word == "take":
                self.take(int(args[0]))
            elif word == "sleep":
                time.sleep(float(args[0]))
            elif word == "quiet":
                if self.held or select.select([self.sock], [], [], float(args[0]))[0]:
                    raise Wrong("something came: %r" % (self.held or self.sock.recv(65536)))
            elif word == "shut":
                self.sock.shutdown(socket.SHUT_WR)
            elif word in ("hang", "eof"):
                self.end(word == "eof")
            elif word == "reset":
                try:
                    raise Wrong("it did not reset it, but: %r" % (self.held or self.sock.recv(65536)))
                except ConnectionResetError:
                    pass
            elif word == "die":
                os.kill(self.child.pid, signal.SIGSTOP)
                os.waitpid(self.child.pid, os.WUNTRACED)
                self.sock.sendall(s[4:].encode() + b"\r\n")
                self.sock.close()
                os.kill(self.child.pid, signal.SIGCONT)
            elif word == "peek":
                self.peek(args[0])
            elif word == "flood":
                self.flood(int(args[0]), int(args[1]), len(args) > 2)
            else:
                raise Wrong("no such step: " + s)

    def run(self, steps):
        try:
            for self.now in steps:
                self.step(self.now)
        except (Wrong, OSError) as e:
            return "step %r: %s" % (self.now, e)
        return None


def context(pem, ca, old):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(pem)
    if ca:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(ca)
    if old:
        ctx.set_ciphers("ALL:@SECLEVEL=0")
        ctx.minimum_version = ssl.TLSVersion.TLSv1
        ctx.maximum_version = ssl.TLSVersion.TLSv1_1
    return ctx


def fill(port):
    """A listener on 127.0.0.1 whose queue is full, so that the kernel ignores who knocks."""
    full = [socket.socket() for _ in range(4)]
    full[0].bind(("127.0.0.1", port))
    full[0].listen(0)
    for s in full[1:]:
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", port))
    return full


def serve(where, *steps):
    family, host, pem, ca = socket.AF_INET, "127.0.0.1", None, None
    old = black = small = False
    steps = list(steps)
    while steps[0].startswith("-"):
        opt = steps.pop(0)
        if opt == "-6":
            family, host = socket.AF_INET6, "::1"
        elif opt == "-1":
            old = True
        elif opt == "-b":
            black, host = True, "127.0.0.2"
        elif opt == "-s":
            small = True
        elif opt == "-c":
            pem = steps.pop(0)
        elif opt == "-C":
            ca = steps.pop(0)
    os.mkdir(where)
    signal.alarm(120)
    s = socket.socket(family, socket.SOCK_STREAM)
    if small:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.bind((host, 0))
    s.listen(1)
    full = fill(s.getsockname()[1]) if black else []
    with open(where + "/port.new", "w") as f:
        f.write("%d\n" % s.getsockname()[1])
    os.rename(where + "/port.new", where + "/port")
    tls = context(pem, ca, old) if pem else None
    with open(where + "/log", "wb") as log:
        conn, _ = s.accept()
        s.close()
        peer = Peer(conn, log, 1, tls=tls)
        wrong = peer.run((["tls"] if tls and "tls" not in steps else []) + steps)
        peer.sock.close()
    del full
    with open(where + "/result.new", "w") as f:
        f.write((wrong or "ok") + "\n")
    os.rename(where + "/result.new", where + "/result")


def run(args):
    # t/served.py does not wait for its children
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    cut = args.index("--")
    ours, theirs = socket.socketpair()
    child = subprocess.Popen(args[cut + 1:], stdin=theirs, stdout=theirs)
    theirs.close()
    signal.alarm(120)
    ours.settimeout(60)
    with open(os.devnull, "wb") as log:
        peer = Peer(ours, log, 2, child)
        wrong = peer.run(args[:cut])
    ours.close()
    status = child.wait()
    if wrong:
        print("peer: " + wrong, file=sys.stderr)
        return 99
    return status


def main(args):
    before = signal.getsignal(signal.SIGCHLD)
    try:
        sys.exit(serve(*args[1:]) if args[0] == "serve" else run(args[1:]))
    finally:
        # of a worker of t/served.py
        signal.alarm(0)
        signal.signal(signal.SIGCHLD, before)


if __name__ == "__main__":
    main(sys.argv[1:])
