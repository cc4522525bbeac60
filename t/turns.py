#!/usr/bin/env python3
"""turns.py relay PORT DIR          a relay to PORT of loopback that counts turns; ends with its input
turns.py seed PORT USER K MESSAGES  folders f1 to fK with so many messages each
turns.py local WHAT MAILDIR K       one change in each of K folders on disk: new, flag, delete; star: flag all of each
turns.py remote WHAT PORT USER K    and on the server; empty: all of each

A turn is counted where the client speaks and no answer is due to it, or where a literal
had to wait for "+": it has waited for the server.  Commands of imap-connect itself (login) do not
count.  DIR/port is where the relay listens, DIR/turns the count so far, DIR/log all commands,
DIR/answers what the server said.

If DIR/hold holds numbers, answers are held back from the next SELECT or EXAMINE until so many
UNSELECT have come behind it: who waits for answers in the middle of a flight waits for ever.

If DIR/strip is there, the server does not tell the uids of what was appended; if DIR/hide holds
capabilities, it does not tell that it has them.

If DIR/foreign holds "REGEX TAB COMMAND", COMMAND is run by sh, once, before the next command
that the regex matches goes to the server: another client at that point."""
import imaplib, os, re, select, socket, subprocess, sys, threading


class Relay:
    def __init__(self, port, where):
        self.port, self.where, self.turns, self.holds = port, where, 0, []
        self.log = open(where + '/log', 'ab', 0)
        self.answers = open(where + '/answers', 'ab', 0)
        self.count(0)
        self.lock = threading.Lock()

    def count(self, n):
        self.turns += n
        with open(self.where + '/turns.new', 'w') as f:
            f.write(f'{self.turns}\n')
        os.rename(self.where + '/turns.new', self.where + '/turns')

    def take(self, name):
        """What a file says, once."""
        try:
            text = open(f'{self.where}/{name}').read()
            os.unlink(f'{self.where}/{name}')
            return text.strip('\n')
        except FileNotFoundError:
            return None

    def changed(self, data):
        """What the server said, as the client shall hear it."""
        if os.path.exists(self.where + '/strip'):
            data = data.replace(b'OK [APPENDUID ', b'OK [XAPPENDUID ')
        if os.path.exists(self.where + '/hide'):
            hidden = open(self.where + '/hide', 'rb').read().split()
            data = re.sub(rb'(?<=CAPABILITY )[^]\r]*', lambda m: b' '.join(
                word for word in m[0].split() if word not in hidden), data)
        return data

    def session(self, client):
        server = socket.create_connection(('127.0.0.1', self.port))
        up = Up(self, server)
        down = b''
        try:
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if client in ready:
                    data = client.recv(1 << 16)
                    if not data:
                        break
                    with self.lock:
                        up.feed(data)
                if server in ready:
                    data = server.recv(1 << 16)
                    if not data:
                        break
                    data = self.changed(data)
                    down += data
                if down and up.held == 0:
                    up.heard(down)
                    client.sendall(down)
                    down = b''
        except OSError:
            pass
        client.close()
        server.close()

    def run(self):
        listener = socket.create_server(('127.0.0.1', 0))
        with open(self.where + '/port', 'w') as f:
            f.write(f'{listener.getsockname()[1]}\n')
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        while True:
            client, _ = listener.accept()
            threading.Thread(target=self.session, args=(client,), daemon=True).start()


class Up:
    """What the client sends: commands, their literals, which of them are answered."""
    def __init__(self, relay, server):
        self.relay, self.server = relay, server
        self.line, self.literal, self.inside, self.waits = b'', 0, False, False
        self.open, self.rest, self.held = set(), b'', 0

    def feed(self, data):
        while data:
            if self.literal:
                if self.waits:
                    self.relay.count(1)
                    self.waits = False
                n = min(self.literal, len(data))
                self.server.sendall(data[:n])
                self.literal -= n
                data = data[n:]
                continue
            end = data.find(b'\n') + 1
            self.line += data[:end or len(data)]
            data = data[end or len(data):]
            if end:
                self.whole(self.line)
                self.line = b''

    def whole(self, line):
        literal = re.search(rb'\{(\d+)(\+?)\}\r\n$', line)
        if not self.inside:
            self.command(line)
        self.server.sendall(line)
        self.inside = bool(literal)
        if literal:
            self.literal, self.waits = int(literal[1]), not literal[2]
            self.inside = True

    def command(self, line):
        tag, _, text = line.partition(b' ')
        if not re.fullmatch(rb'o\d+', tag):
            return
        self.relay.log.write(text)
        if self.held and text.startswith(b'UNSELECT'):
            self.held -= 1
        elif not self.held and text.startswith((b'SELECT', b'EXAMINE')):
            self.relay.holds += (self.relay.take('hold') or '').split()
            self.held = int(self.relay.holds.pop(0)) if self.relay.holds else 0
        if not self.open:
            self.relay.count(1)
            self.relay.answers.write(b'--- ' + text)
        self.open.add(tag)
        try:
            regex, command = open(self.relay.where + '/foreign').read().split('\t')
        except FileNotFoundError:
            return
        if re.match(regex.encode(), text.rstrip()):
            os.unlink(self.relay.where + '/foreign')
            subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)

    def heard(self, data):
        self.rest += data
        *lines, self.rest = self.rest.split(b'\n')
        for line in lines:
            self.relay.answers.write(line.rstrip(b'\r') + b'\n')
            self.open.discard(line.split(b' ')[0])


def once():
    """A number for each time that we are asked, however many times one process of t/served.py is."""
    return os.environ.get('ASKER', os.getpid())


def message(n):
    return (f'From: a@example.org\r\nTo: b@example.org\r\nSubject: number {n}\r\n'
            f'Date: Mon, 01 Jan 2024 00:00:00 +0000\r\nMessage-ID: <{n}@example.org>\r\n\r\nbody {n}\r\n').encode()


def login(port, user):
    m = imaplib.IMAP4('127.0.0.1', int(port))
    m.login(user, 'pw')
    return m


def seed(port, user, k, messages):
    m = login(port, user)
    for i in range(1, int(k) + 1):
        m.create(f'f{i}')
        for j in range(int(messages)):
            m.append(f'f{i}', '', None, message(f'{i}.{j}'))
    m.logout()


def remote(what, port, user, k):
    m = login(port, user)
    for i in range(1, int(k) + 1):
        if what == 'new':
            m.append(f'f{i}', '', None, message(f'r{i}.{once()}'))
            continue
        there = int(m.select(f'f{i}')[1][0])
        if what == 'empty':
            if there:
                m.store('1:*', '+FLAGS', '(\\Deleted)')
                m.expunge()
        elif what == 'flag':
            has = b'Answered' in m.fetch('1', '(FLAGS)')[1][0]
            m.store('1', '-FLAGS' if has else '+FLAGS', '(\\Answered)')
        else:
            m.store('2', '+FLAGS', '(\\Deleted)')
            m.expunge()
        m.unselect()
    m.logout()


def local(what, maildir, k):
    for i in range(1, int(k) + 1):
        folder = f'{maildir}/f{i}'
        if what == 'new':
            with open(f'{folder}/new/{i}.{once()}', 'wb') as f:
                f.write(message(f'longer l{i}.{once()}').replace(b'\r', b''))
            continue
        files = sorted((int(re.search(r',U=(\d+)', name)[1]), sub, name)
                       for sub in ('cur', 'new') for name in os.listdir(f'{folder}/{sub}') if ',U=' in name)
        if what == 'star':
            for _, sub, name in files:
                base, _, letters = name.partition(':2,')
                os.rename(f'{folder}/{sub}/{name}', f'{folder}/cur/{base}:2,F{letters}')
            continue
        _, sub, name = files[-1 if what == 'flag' else 2 if len(files) > 3 else 0]
        if what == 'delete':
            os.unlink(f'{folder}/{sub}/{name}')
        else:
            base, _, letters = name.partition(':2,')
            letters = ''.join(sorted(set(letters) ^ {'F'}))
            os.rename(f'{folder}/{sub}/{name}', f'{folder}/cur/{base}:2,{letters}')


def main(args):
    what, *rest = args
    if what == 'relay':
        Relay(int(rest[0]), rest[1]).run()
    else:
        {'seed': seed, 'remote': remote, 'local': local}[what](*rest)


if __name__ == '__main__':
    main(sys.argv[1:])
