#!/usr/bin/env python3
"""rewriter.py PORT DIR    a relay to PORT of loopback, a server that rewrites what is appended

It ends with its input.  DIR/port is where it listens, DIR/log what the client said, without login and
literals; DIR/how says what a session that begins does, in words:

    header      a header line is put on top of each message
    bcc         its Bcc is taken out
    tail        a line is added to its body: the start of a long one is as it was
    spaces      blanks at the ends of lines go: neither is
    now         the date that comes with it is not taken
    blind       the server has no UIDPLUS

If DIR/cut is there, the session ends when the server has carried out the next APPEND, before a
word of that; the file goes with it.  Several messages of one MULTIAPPEND are all there then."""
import os, re, select, socket, sys, threading

DATE = re.compile(rb' "[ \d]\d-[A-Z][a-z]{2}-\d{4} [^"]*"(?= \{)')
LITERAL = re.compile(rb'\{(\d+)(\+?)\}\r\n$')


def header(data):
    return b'X-Scanned: yes, by example.org\r\n' + data


def bcc(data):
    head, blank, body = data.partition(b'\r\n\r\n')
    return re.sub(rb'(?mi)^Bcc:.*\r\n(?:[ \t].*\r\n)*', b'', head + b'\r\n')[:-2] + blank + body


def tail(data):
    return data + b'-- \r\nsent through example.org\r\n'


def spaces(data):
    return re.sub(rb'[ \t]+(?=\r\n)', b'', data)


REWRITES = {f.__name__: f for f in (header, bcc, tail, spaces)}


class Session:
    def __init__(self, relay, client):
        self.relay, self.client = relay, client
        self.server = socket.create_connection(('127.0.0.1', relay.port))
        with open(relay.where + '/how') as f:
            self.how = f.read().split()
        self.line, self.left, self.body, self.inside = b'', None, b'', False
        self.tag = self.said = b''
        self.last = None        # the tag of the APPEND that is the last of the session

    def run(self):
        ends = [self.client, self.server]
        try:
            while True:
                for s in select.select(ends, [], [])[0]:
                    data = s.recv(1 << 16)
                    if not data or (self.up if s is self.client else self.down)(data):
                        return
        except OSError:
            pass
        finally:
            for s in ends:
                s.close()

    def up(self, data):
        while data:
            if self.left is not None:
                n = min(self.left, len(data))
                self.body += data[:n]
                self.left -= n
                data = data[n:]
                if self.left == 0:
                    self.message()
                continue
            end = data.find(b'\n') + 1 or len(data)
            self.line += data[:end]
            data = data[end:]
            if self.line.endswith(b'\n'):
                self.whole(self.line)

    def whole(self, line):
        """A line; that before a message of APPEND waits for it."""
        if not self.inside:
            self.tag, _, text = line.partition(b' ')
            self.append = text.upper().startswith(b'APPEND ')
            if not re.match(rb'LOGIN|AUTHENTICATE', text):
                self.relay.log.write(text.rstrip() + b"\n")
        literal = LITERAL.search(line)
        self.inside = bool(literal)
        if literal and self.append:
            self.left, self.body = int(literal[1]), b''
            if not literal[2]:
                self.client.sendall(b'+ go on\r\n')
            if self.left == 0:
                self.message()
            return
        if self.append and os.path.exists(self.relay.where + '/cut'):
            os.unlink(self.relay.where + '/cut')
            self.last = self.tag
        self.server.sendall(line)
        self.line = b''

    def message(self):
        body = self.body
        for word in self.how:
            body = REWRITES.get(word, lambda same: same)(body)
        line = DATE.sub(b'', self.line) if 'now' in self.how else self.line
        self.server.sendall(LITERAL.sub(b'{%d+}\r\n' % len(body), line) + body)
        self.left, self.line = None, b''

    def down(self, data):
        """Lines only: the client may have to be told to go on in between.  True if that was the last."""
        *lines, self.said = (self.said + data).split(b'\n')
        for line in lines:
            if self.last and line.startswith(self.last + b' '):
                return True
        data = b''.join(line + b'\n' for line in lines)
        if 'blind' in self.how:
            data = re.sub(rb'(?<=CAPABILITY )[^]\r]*', lambda m: m[0].replace(b' UIDPLUS', b''), data)
            data = re.sub(rb'OK \[(APPENDUID|COPYUID) [^]]*\]', b'OK', data)
        self.client.sendall(data)
        return False


class Relay:
    def __init__(self, port, where):
        self.port, self.where = port, where
        self.log = open(where + '/log', 'ab', 0)

    def run(self):
        listener = socket.create_server(('127.0.0.1', 0))
        with open(self.where + '/port.new', 'w') as f:
            f.write(f'{listener.getsockname()[1]}\n')
        os.rename(self.where + '/port.new', self.where + '/port')
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        while True:
            client, _ = listener.accept()
            threading.Thread(target=Session(self, client).run, daemon=True).start()


def main(args):
    Relay(int(args[0]), args[1]).run()


if __name__ == '__main__':
    main(sys.argv[1:])
