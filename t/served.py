#!/usr/bin/env python3
"""served.py SOCKET: runs scripts of t/ for the tests' shells and tools (t/served.c), hundreds
of times a run, without the start of a Python each time.  It ends when its input does.

Who connects sends the directory it is in, the name of the script and its arguments, each with
a NUL behind it, and its three standard files; it gets one byte, the exit status."""
import gc, os, select, signal, socket, sys, traceback
import agree, imap, scripted, turns

SCRIPTS = {'imap.py': lambda args: imap.main(*args), 'agree.py': agree.main,
           'scripted.py': scripted.main, 'turns.py': turns.main}


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
    where, script, *args = asked.decode(errors='surrogateescape').split('\0')[:-1]
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
