#!/usr/bin/env python3
"""scripted.py SCRIPT [LOG [CUT]]: an IMAP session on standard input and output that
says what its script tells it, for what no real server can be brought to do.

A script is lines.  "#" starts a comment line, "greet TEXT" replaces the greeting,
"caps WORD..." its capabilities.  The others are rules, tried in order:

    on REGEX        answers each command that the regex matches (from its start, any case)
    once REGEX      only the first such command
    refuse REGEX    each command that stops at a "{n}" there: this instead of "+"

and the lines below a rule, up to the next, are its answer.  "TAG" at the start of one is
the command's tag, \\1 and so on what the regex caught, \\xNN a byte.  Lines that start
with "%" act: "%raw TEXT" sends no CRLF, "%fill N" N bytes of text lines, "%long N" N bytes and
no line end, "%lines N TEXT" the line N times with its number for each "#", "%close" ends,
"%sleep SECONDS" waits, "%drop" stops answering until the other side closes, "%sh COMMAND" runs it,
"%later TEXT" keeps "TAG TEXT" back, "%now [N]" sends the first N so kept, or all, "%still SECONDS" waits for
what should not come before an answer: if something does, LOG gets a line "early".

What no rule matches: UNSELECT, NOOP and CHECK are OK, the rest is BAD.  LOG gets each
command as it came, a literal as "{n}" and its bytes as a line "| ..." each, of which the first 1000
are enough.  After CUT bytes of answers the session ends, wherever that is."""
import os, re, select, subprocess, sys, time


def escaped(text, match):
    text = re.sub(r'\\x([0-9a-f]{2})', lambda m: chr(int(m[1], 16)), text)
    return re.sub(r'\\(\d)', lambda m: match[int(m[1])] or '', text).encode('latin-1')


class Server:
    def __init__(self, script, log=None, cut=None):
        self.rules, self.buffer, self.kept = [], b'', []
        self.greeting, caps = None, 'IMAP4rev1 UNSELECT UIDPLUS LITERAL+ MULTIAPPEND'
        self.log = open(log, 'ab', 0) if log else None
        self.left = int(cut) if cut else None
        for line in open(script, encoding='latin-1').read().split('\n'):
            word, _, rest = line.partition(' ')
            if word == 'greet':
                self.greeting = rest
            elif word == 'caps':
                caps = rest
            elif word in ('on', 'once', 'refuse'):
                self.rules.append([word, re.compile(rest, re.I | re.S), []])
            elif self.rules and line and not line.startswith('#'):
                self.rules[-1][2].append(line)
        if self.greeting is None:
            self.greeting = f'* PREAUTH [CAPABILITY {caps}] ready'

    def send(self, data):
        if self.left is not None:
            data = data[:self.left]
            self.left -= len(data)
        while data:
            data = data[os.write(1, data):]
        if self.left == 0:
            sys.exit(0)

    def read(self, n=None):
        """n bytes, or a line; the session ends where they do."""
        while len(self.buffer) < n if n is not None else b'\n' not in self.buffer:
            more = os.read(0, 65536)
            if not more:
                sys.exit(0)
            self.buffer += more
        n = n if n is not None else self.buffer.index(b'\n') + 1
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def note(self, line):
        if self.log:
            self.log.write(line + b'\n')

    def rule(self, words, text):
        for rule in self.rules:
            match = rule[1].match(text) if rule[0] in words else None
            if match:
                if rule[0] == 'once':
                    self.rules.remove(rule)
                return rule[2], match
        return None, None

    def answer(self, lines, match, tag):
        for line in lines:
            word, _, rest = line.partition(' ')
            if word == '%close':
                sys.exit(0)
            elif word == '%raw':
                self.send(escaped(rest, match))
            elif word == '%sleep':
                time.sleep(float(rest))
            elif word == '%later':
                self.kept.append(tag + b' ' + escaped(rest, match) + b'\r\n')
            elif word == '%now':
                n = int(rest or len(self.kept))
                self.send(b''.join(self.kept[:n]))
                del self.kept[:n]
            elif word == '%still':
                if self.buffer or select.select([0], [], [], float(rest))[0]:
                    self.note(b'early')
            elif word == '%sh':
                subprocess.run(rest, shell=True, check=True)
            elif word == '%drop':
                while os.read(0, 65536):
                    pass
                sys.exit(0)
            elif word == '%fill':
                row, n = b'x' * 76 + b'\r\n', int(rest)
                for _ in range(n // len(row)):
                    self.send(row)
                self.send(row[:n % len(row)])
            elif word == '%long':
                for left in range(int(rest), 0, -65536):
                    self.send(b'x' * min(left, 65536))
            elif word == '%lines':
                n, _, text = rest.partition(' ')
                row = escaped(text, match) + b'\r\n'
                for i in range(0, int(n), 5000):
                    self.send(b''.join(row.replace(b'#', b'%d' % k) for k in range(i, min(i + 5000, int(n)))))
            elif word == 'TAG':
                self.send(tag + b' ' + escaped(rest, match) + b'\r\n')
            else:
                self.send(escaped(line, match) + b'\r\n')

    def command(self):
        line, bodies = self.read().rstrip(b'\r\n'), []
        tag, _, text = line.partition(b' ')
        while True:
            literal = re.search(rb'\{(\d+)(\+?)\}$', line)
            if not literal:
                break
            if not literal[2]:
                lines, match = self.rule(('refuse',), text.decode('latin-1'))
                if lines is not None:
                    self.note(text)
                    return self.answer(lines, match, tag)
                self.send(b'+ go\r\n')
            bodies.append(self.read(int(literal[1])))
            line = self.read().rstrip(b'\r\n')
            text += line
        self.note(text)
        for body in bodies:
            for line in body.split(b'\r\n'):
                self.note(b'| ' + line[:1000])
        lines, match = self.rule(('on', 'once'), text.decode('latin-1'))
        if lines is not None:
            return self.answer(lines, match, tag)
        known = text.upper() in (b'UNSELECT', b'NOOP', b'CHECK')
        self.send(tag + (b' OK done\r\n' if known else b' BAD no rule\r\n'))

    def run(self):
        self.send(self.greeting.encode('latin-1') + b'\r\n')
        while True:
            self.command()


def main(args):
    try:
        Server(*args).run()
    except (BrokenPipeError, ConnectionResetError):
        pass


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
