#!/usr/bin/env python3
"""served.py SOCKET: runs scripts of t/ for the tests' shells and tools (t/served.c), hundreds
of times a run, without the start of a Python each time.  It ends when its input does.

Who connects sends the directory it is in, the number of its arguments (the name of the script is
the first), these, and its environment, each with a NUL behind it, and its three standard files; it
gets one byte, the exit status.

Several workers wait for such.  Most they do themselves, one after the other: on machines like ours a
page that a fork shares is dear when it is written to, and a Python writes to all of them.  What stays
for long gets a process of its own.  The number of who asked is ASKER; where that is killed the script ends, too."""
import ctypes, fcntl, gc, os, select, signal, socket, struct, sys, time, traceback
import agree, cut, fail, imap, kill, peer, power, rewriter, rounds, scripted, seed, through, turns

F_SETSIG = 10
SCRIPTS = {'imap.py': lambda args: imap.main(*args), 'agree.py': agree.main,
           'scripted.py': scripted.main, 'turns.py': turns.main, 'peer.py': peer.main, 'rounds.py': rounds.main,
           'kill.py': kill.main, 'fail.py': fail.main, 'cut.py': cut.main, 'power.py': power.main,
           'seed.py': seed.main, 'through.py': through.main, 'rewriter.py': rewriter.main}
LONG = {('turns.py', 'relay'), 'rounds.py', 'kill.py', 'fail.py', 'cut.py', 'power.py', 'rewriter.py'}
WORKERS = 26    # tests run side by side, and each may have some sessions with scripted.py
PR_SET_PDEATHSIG = 1
NULL = os.open('/dev/null', os.O_RDWR)


class Gone(BaseException):
    """Who asked has been killed."""


asking = None   # the client that is being served


def gone(_number, _frame):
    if asking:
        raise Gone


def watch(client):
    """SIGTERM when it goes; or, None, no longer."""
    global asking
    if client:
        fcntl.fcntl(client, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(client, F_SETSIG, signal.SIGTERM)
    who = client or asking
    flags = fcntl.fcntl(who, fcntl.F_GETFL)
    fcntl.fcntl(who, fcntl.F_SETFL, flags | os.O_ASYNC if client else flags & ~os.O_ASYNC)
    asking = client


def run(script, args):
    try:
        SCRIPTS[script](args)
        return 0
    except SystemExit as e:
        if isinstance(e.code, str):
            print(e.code, file=sys.stderr)
            return 1
        return e.code or 0
    except Exception:
        traceback.print_exc()
        return 1


def standard(files):
    """These as standard files, without a byte of those before."""
    for fd, file in enumerate(files):
        os.dup2(file, fd)
    for fd, (name, mode) in enumerate([('stdin', 'r'), ('stdout', 'w'), ('stderr', 'w')]):
        setattr(sys, name, open(fd, mode, closefd=False))


def serve(where, script, args, environ, files):
    os.environ.clear()
    os.environ.update(s.split('=', 1) for s in environ)
    time.tzset()
    standard(files)
    os.chdir(where)
    status = run(script, args)
    for out in sys.stdout, sys.stderr:
        try:
            out.flush()
        except BrokenPipeError:
            status = status or 1
    return status


def answer(client, where, script, args, environ, files):
    """Who asked waits for a status, whatever happens."""
    asker = struct.unpack('3i', client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    status = 70
    try:
        watch(client)
        status = serve(where, script, args, [*environ, f'ASKER={asker}'], files)
    except Exception:
        traceback.print_exc()
    finally:
        watch(None)
        # their pipes have an end, their directories may go
        standard([NULL] * 3)
        os.chdir('/')
        for file in files:
            os.close(file)
        client.send(bytes([status]))


def alone(client, *asked):
    """In a process of its own."""
    if os.fork() != 0:
        for file in asked[-1]:
            os.close(file)
        return
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        answer(client, *asked)
    finally:
        os._exit(0)


def work(listener):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, gone)
    while True:
        client, _ = listener.accept()
        text, files, _, _ = socket.recv_fds(client, 1 << 16, 3)
        where, count, *rest = text.decode(errors='surrogateescape').split('\0')[:-1]
        script, *args = rest[:int(count)]
        try:
            long = script in LONG or (script, *args[:1]) in LONG
            (alone if long else answer)(client, where, script, args, rest[int(count):], files)
        except (Gone, BrokenPipeError):
            pass
        client.close()


def main(path):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path + '.new')
    listener.listen(64)
    gc.freeze()
    for _ in range(WORKERS):
        if os.fork() == 0:
            work(listener)
    os.rename(path + '.new', path)
    select.select([sys.stdin], [], [])


if __name__ == '__main__':
    main(*sys.argv[1:])
