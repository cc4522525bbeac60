"""Both ends of the sessions, for the tests of the driver.

    session.py connect -s FD [-P FD] ...   an imap-connect that echoes lines
    session.py tool STEP ...               a tool that asks its broker, then copies

The password that it was given, and how often it was started, go to $FAKE.
STEPs: get, more (a get that is worth a login), put, drop, ask (a line to the session and back), hold SECONDS, die,
"mark NAME" (makes the file $FAKE/NAME) and "await NAME".  A refusal ends it with the
status told.
"""
import os, signal, socket, sys, time

FAKE = os.environ["FAKE"]


def option(name):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else None


def note(name, text):
    with open(os.path.join(FAKE, name), "a") as f:
        f.write(text + "\n")


def connect():
    note("connects", str(os.getpid()))
    password = option("-P")
    if password is not None:
        note("password", os.fdopen(password).read())
    s = socket.socket(fileno=0)
    s.sendall(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
    turns = 0
    while True:
        data = s.recv(4096)
        if not data:
            break
        turns += 1
        s.sendall(data)
    os.write(option("-s"), b"stat\tdown=1000\tturns=%d\tup=100\n" % turns)
    note("ended", str(os.getpid()))


def get(broker, how):
    broker.send(how)
    message, fds, _, _ = socket.recv_fds(broker, 4096, 1)
    words = message.decode().split(" ", 2)
    if words[0] == "fail":
        sys.stderr.write("imap-list: %s\n" % words[2])
        sys.exit(int(words[1]))
    note("cards", words[1])
    session = socket.socket(fileno=fds[0])
    if words[1] == "fresh=1":
        assert session.recv(4096).startswith(b"* PREAUTH"), "no greeting"
    return session


def tool(steps):
    broker = socket.socket(fileno=int(os.environ["OFFLINEIMAP_BROKER"]))
    session, n = None, 0
    steps = iter(steps)
    for step in steps:
        if step == "get":
            session = get(broker, b"get")
        elif step == "more":
            session = get(broker, b"get more")
        elif step == "put":
            n += 1
            socket.send_fds(broker, [b"put tag=%d" % n], [session.fileno()])
            session.close()
        elif step == "drop":
            session.close()
            broker.send(b"drop")
        elif step == "ask":
            session.sendall(b"x\r\n")
            assert session.recv(4096) == b"x\r\n", "no echo"
        elif step == "hold":
            time.sleep(float(next(steps)))
        elif step == "await":
            name = os.path.join(FAKE, next(steps))
            while not os.path.exists(name):
                time.sleep(0.02)
        elif step == "mark":
            note(next(steps), str(os.getpid()))
        elif step == "die":
            os.kill(os.getpid(), signal.SIGKILL)
    while True:
        data = os.read(0, 65536)
        if not data:
            break
        os.write(1, data)


if sys.argv[1] == "connect":
    connect()
else:
    tool(sys.argv[2:])
