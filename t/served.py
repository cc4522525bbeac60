#!/usr/bin/env python3
"""served.py FIFO: runs imap.py and agree.py for the tests' shells (t/lib.bash), hundreds
of times a run, without the start of a Python each time.

A line in FIFO is the pid of a shell, an empty one the end.  The file FIFO.PID.args has
the directory it is in, the name of the script and its arguments, each with a NUL behind it;
the script gets the shell's own standard files, and its exit status goes to its FIFO.PID."""
import gc, os, signal, sys, traceback
import agree, imap

SCRIPTS = {'imap.py': lambda args: imap.main(*args), 'agree.py': agree.main}


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


def serve(fifo, pid):
    with open(f'{fifo}.{pid}.args', 'rb') as f:
        where, script, *args = f.read().decode(errors='surrogateescape').split('\0')[:-1]
    for fd in 0, 1, 2:
        # not truncated, and behind what is there already
        file = os.open(f'/proc/{pid}/fd/{fd}', os.O_WRONLY | os.O_APPEND if fd else os.O_RDONLY)
        os.dup2(file, fd)
        os.close(file)
    os.chdir(where)
    status = run(script, args)
    for out in sys.stdout, sys.stderr:
        out.flush()
    for fd in 0, 1, 2:
        os.close(fd)
    return status


def answer(fifo, pid):
    """The shell waits for a status, whatever happens."""
    status = 70
    try:
        status = serve(fifo, pid)
    finally:
        with open(f'{fifo}.{pid}', 'w') as f:
            print(status, file=f)


def main(fifo):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    # for reading and writing: there is always somebody who may still ask
    with open(os.open(fifo, os.O_RDWR), 'r') as asked:
        while (pid := asked.readline().strip()):
            if os.fork() == 0:
                try:
                    answer(fifo, pid)
                finally:
                    os._exit(0)


if __name__ == '__main__':
    main(*sys.argv[1:])
