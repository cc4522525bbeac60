#!/usr/bin/env python3
"""served.py SOCKET: runs scripts of t/ for the tests' shells and tools (t/served.c), hundreds
of times a run, without the start of a Python each time.  It ends when its input does.

Who connects sends the directory it is in, the number of its arguments (the name of the script is
the first), these, and its environment, each with a NUL behind it, and its three standard files; it
gets one byte, the exit status.  Where it is killed the script is, too."""
import fcntl, gc, os, select, signal, socket, sys, time, traceback
import agree, imap, peer, scripted, turns

F_SETSIG = 10
SCRIPTS = {'imap.py': lambda args: imap.main(*args), 'agree.py': agree.main,
           'scripted.py': scripted.main, 'turns.py': turns.main, 'peer.py': peer.main}


def run(script, args):
    try:
        SCRIPTS[script](args)
        return 0
    except SystemExit as e:
        if isinstance(e.code, str):
            print(e.code, file=sys.stderr)
            return 1
        return e.code or 0
    except BaseException:
        traceback.print_exc()
        return 1


def serve(client):
    asked, files, _, _ = socket.recv_fds(client, 1 << 16, 3)
    where, count, *rest = asked.decode(errors='surrogateescape').split('\0')[:-1]
    script, *args = rest[:int(count)]
    os.environ.clear()
    os.environ.update(s.split('=', 1) for s in rest[int(count):])
    time.tzset()
    fcntl.fcntl(client, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(client, F_SETSIG, signal.SIGTERM)
    fcntl.fcntl(client, fcntl.F_SETFL, fcntl.fcntl(client, fcntl.F_GETFL) | os.O_ASYNC)
    for fd, file in enumerate(files):
        os.dup2(file, fd)
        os.close(file)
    os.chdir(where)
    status = run(script, args)
    for out in sys.stdout, sys.stderr:
        out.flush()
    return status


def answer(client):
    """Who asked waits for a status, whatever happens."""
    status = 70
    try:
        status = serve(client)
    finally:
        client.send(bytes([status]))


def main(path):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path + '.new')
    listener.listen(64)
    os.rename(path + '.new', path)
    gc.freeze()
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        client, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            try:
                answer(client)
            finally:
                os._exit(0)
        client.close()


if __name__ == '__main__':
    main(*sys.argv[1:])
