#!/usr/bin/env python3
"""imap.py PORT USER COMMAND [ARG...]: one thing done on a loopback IMAP server.

append FOLDER FILE|- [FLAGS [UNIXTIME]]   store FOLDER SET +FLAGS|-FLAGS|FLAGS FLAGS
fill FOLDER N             N small messages, read, in one command where that can be
number FOLDER N [FLAGS [TIME [STEP]]]     the messages 1 to N of lib.bash, each STEP seconds after the last
delete FOLDER SET         mark and UID EXPUNGE     create|rmdir FOLDER
copy|move FOLDER SET TO
rename OLD NEW            folders                  ls [FOLDER]
renumber FOLDER [UID...]  make it anew, of these messages in this order (all, the last one first)
body FOLDER UID           status FOLDER|* ITEMS    raw COMMAND
numbers FOLDER            "N:FLAGS " of each message that "number" or lib.bash made

ls prints FOLDER UID FLAGS SIZE DATE SHA256 of each message, tab-separated: flags
as the server has them but \\Recent, the digest with CRLF as LF.  body prints the
message with LF."""
import hashlib, imaplib, re, sys, time


def quote(name):
    return '"' + name.replace('\\', '\\\\').replace('"', '\\"') + '"'


def ok(answer):
    if answer[0] != 'OK':
        sys.exit('imap.py: ' + b' '.join(x for x in answer[1] if x).decode(errors='replace'))
    return answer[1]


def folders(m):
    names = []
    for line in ok(m.list()):
        if isinstance(line, tuple):  # the name is a literal
            attributes, name = line[0].decode(), line[1].decode()
        else:
            match = re.match(rb'\(([^)]*)\) (?:"(?:\\?.)"|NIL) (.*)', line)
            attributes, name = match[1].decode(), match[2].decode()
            if name.startswith('"'):
                name = re.sub(r'\\(.)', r'\1', name[1:-1])
        if not re.search(r'\\(Noselect|NonExistent)', attributes, re.I):
            names.append(name)
    return sorted(names)


def messages(m, folder, what='(UID FLAGS INTERNALDATE BODY.PEEK[])'):
    """Yields uid, flags, unix time, bytes of all messages of a folder."""
    if int(ok(m.select(quote(folder), readonly=True))[0]) == 0:
        return
    for item in ok(m.uid('FETCH', '1:*', what)):
        if not isinstance(item, tuple):
            continue
        head = item[0].decode(errors='surrogateescape')
        flags = sorted(f for f in re.search(r'FLAGS \(([^)]*)\)', head)[1].split() if f != '\\Recent')
        # Internaldate2tuple gives local time, as mktime wants it.
        date = imaplib.Internaldate2tuple(item[0])
        yield int(re.search(r'UID (\d+)', head)[1]), flags, int(time.mktime(date)), item[1]


def append(m, folder, data, flags='', date=None):
    """APPEND of just these bytes, LF as CRLF; imaplib's own makes CRLF of a lone CR too."""
    m.literal = unix(data).replace(b'\n', b'\r\n')
    when = imaplib.Time2Internaldate(int(date)) if date else None
    return ok(m._simple_command('APPEND', quote(folder), f'({flags})', *([when] if when else [])))


def numbered(n):
    """The message that lib.bash's message_text makes."""
    return (f'From: a@example.org\nTo: b@example.org\nSubject: number {n}\n'
            f'Date: Mon, 01 Jan 2024 00:00:00 +0000\nMessage-ID: <{n}@example.org>\n\nbody {n}\n').encode()


def unix(data):
    return data.replace(b'\r\n', b'\n')


def renumber(m, folder, uids=None):
    """The folder with another UIDVALIDITY, of these messages; its uids before, the last first."""
    ok(m.rename(quote(folder), quote(folder + '-was')))
    ok(m.create(quote(folder)))
    ok(m.select(quote(folder + '-was'), readonly=True))
    if uids is None:
        uids = ok(m.uid('SEARCH', 'ALL'))[0].decode().split()[::-1]
    for uid in uids:
        ok(m.uid('COPY', str(uid), quote(folder)))
    ok(m.select('INBOX', readonly=True))
    ok(m.delete(quote(folder + '-was')))
    return [int(uid) for uid in uids]


def main(port, user, command, *args):
    m = imaplib.IMAP4('127.0.0.1', int(port))
    m.login(user, 'pw')
    if command == 'append':
        folder, file, flags, date = (args + ('', ''))[:4] if len(args) < 4 else args[:4]
        data = (sys.stdin.buffer if file == '-' else open(file, 'rb')).read()
        answer = append(m, folder, data, flags, date)
        found = re.search(rb'APPENDUID \d+ (\d+)', answer[0] or b'')
        print(found[1].decode() if found else '-')
    elif command == 'store':
        ok(m.select(quote(args[0])))
        ok(m.uid('STORE', args[1], args[2], f'({args[3]})'))
    elif command == 'delete':
        ok(m.select(quote(args[0])))
        ok(m.uid('STORE', args[1], '+FLAGS', r'(\Deleted)'))
        ok(m.uid('EXPUNGE', args[1]))
    elif command in ('copy', 'move'):
        ok(m.select(quote(args[0])))
        ok(m.uid(command.upper(), args[1], quote(args[2])))
    elif command == 'create':
        ok(m.create(quote(args[0])))
    elif command == 'rmdir':
        ok(m.delete(quote(args[0])))
    elif command == 'rename':
        ok(m.rename(quote(args[0]), quote(args[1])))
    elif command == 'renumber':
        renumber(m, args[0], args[1:] or None)
    elif command == 'number':
        folder, count, flags, date, step = (*args, *('', '1700000000', '0')[len(args) - 2:])
        for n in range(1, int(count) + 1):
            append(m, folder, numbered(n), flags, int(date) + n * int(step))
    elif command == 'fill':
        m.create(quote(args[0]))  # it may be there
        text = [b'Subject: %d\r\n\r\nbody\r\n' % i for i in range(1000, 1000 + int(args[1]))]
        if 'MULTIAPPEND' not in m.capabilities:
            for t in text:
                append(m, args[0], t, '\\Seen')
            return
        tag = m._new_tag()
        m.send(tag + b' APPEND ' + quote(args[0]).encode() +
               b''.join(b' (\\Seen) {%d+}\r\n%s' % (len(t), t) for t in text) + b'\r\n')
        line = m.readline()
        while line and not line.startswith(tag + b' '):
            line = m.readline()
        if not line.startswith(tag + b' OK'):
            sys.exit('imap.py: ' + line.decode())
    elif command == 'folders':
        print('\n'.join(folders(m)))
    elif command == 'ls':
        for folder in args or folders(m):
            for uid, flags, date, data in messages(m, folder):
                digest = hashlib.sha256(unix(data)).hexdigest()
                print(folder, uid, ' '.join(flags), len(data), date, digest, sep='\t')
    elif command == 'numbers':
        for uid, flags, date, data in messages(m, args[0]):
            print(re.search(rb'^Subject: number (\d+)', data, re.M)[1].decode(), ' '.join(flags), sep=':', end=' ')
    elif command == 'body':
        ok(m.select(quote(args[0]), readonly=True))
        answer = ok(m.uid('FETCH', args[1], '(BODY.PEEK[])'))
        sys.stdout.buffer.write(unix(answer[0][1]))
    elif command == 'status':
        for folder in folders(m) if args[0] == '*' else [args[0]]:
            print(ok(m.status(quote(folder), f'({args[1]})'))[0].decode())
    elif command == 'raw':
        tag = m._new_tag()
        m.send(tag + b' ' + args[0].encode('utf-8', 'surrogateescape') + b'\r\n')
        while True:
            line = m.readline()
            print(line.decode(errors='replace').rstrip('\r\n'))
            if line.startswith(tag + b' ') or not line:
                break
    else:
        sys.exit('imap.py: no such command: ' + command)
    m.logout()


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
