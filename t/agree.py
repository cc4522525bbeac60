#!/usr/bin/env python3
"""agree.py [--dates] [--sep SEP] [--utf8] [--tuid] PORT USER MAILDIR

Whether a loopback IMAP account and a Maildir hold the same: per folder the same
multiset of (bytes with CRLF as LF, flags), with --dates of INTERNALDATE and the
file's time too.  Looks at the server and at the disk and at nothing else.
Prints each difference; the exit status is 1 if there is any."""
import argparse, collections, hashlib, imaplib, os, re, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imap import folders, messages, unix

LETTERS = {'\\Draft': 'D', '\\Flagged': 'F', '\\Answered': 'R', '\\Seen': 'S', '\\Deleted': 'T'}


def utf7(name):
    """A modified UTF-7 folder name as text (RFC 3501, 5.1.3)."""
    out, at = '', 0
    while (amp := name.find('&', at)) >= 0:
        end = name.index('-', amp)
        word = name[amp + 1:end].replace(',', '/')
        out += name[at:amp] + (('+' + word + '-').encode().decode('utf-7') if word else '&')
        at = end + 1
    return out + name[at:]


def content(data, tuid):
    data = unix(data)
    return hashlib.sha256(re.sub(rb'(?m)^X-TUID: .{12}\n', b'', data) if tuid else data).hexdigest()


def server_sep(m):
    line = m.list('""', '""')[1][0]
    return '' if b') NIL ' in line else line.split(b'"')[1].decode()


def remote(port, user, sep='.', utf8=False, tuid=False):
    """{local folder name: Counter of (digest, flags, date)} of the server."""
    m = imaplib.IMAP4('127.0.0.1', port)
    m.login(user, 'pw')
    theirs = server_sep(m)
    found = {}
    for name in folders(m):
        local = utf7(name) if utf8 else name
        local = local.replace(theirs, sep) if theirs else local
        found[local] = collections.Counter(
            (content(data, tuid), ''.join(sorted(LETTERS[f] for f in flags if f in LETTERS)), date)
            for uid, flags, date, data in messages(m, name))
    m.logout()
    return found


def local(root, sep='.', tuid=False):
    """The same of a Maildir."""
    found = {}
    for path, dirs, _ in os.walk(root):
        if not {'cur', 'new', 'tmp'} <= set(dirs):
            continue
        dirs[:] = [d for d in dirs if d not in ('cur', 'new', 'tmp')]
        name = '' if path == root else os.path.relpath(path, root).replace('/', sep)
        here = found[name] = collections.Counter()
        for sub in 'cur', 'new':
            for file in os.scandir(os.path.join(path, sub)):
                if file.name.startswith('.'):
                    continue
                flags = ''.join(c for c in file.name.partition(':2,')[2] if c in 'DFRST')
                with open(file.path, 'rb') as f:
                    digest = content(f.read(), tuid)
                here[digest, ''.join(sorted(flags)), int(file.stat().st_mtime)] += 1
    return found


def differences(server, maildir, dates=False):
    """Lines that say how the two differ."""
    out = []
    for name in sorted(server.keys() | maildir.keys()):
        if name not in server or name not in maildir:
            out.append(f'{name}: only on ' + ('disk' if name in maildir else 'the server'))
            continue
        a, b = (c if dates else collections.Counter([k[:2] for k in c.elements()])
                for c in (server[name], maildir[name]))
        for side, only in ('the server', a - b), ('disk', b - a):
            for key, n in sorted(only.items()):
                out.append(f'{name}: {n} only on {side}: {key[0][:12]} flags={key[1] or "-"}'
                           + (f' date={key[2]}' if dates else ''))
    return out


def main(args):
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('--dates', action='store_true')
    p.add_argument('--sep', default='.')
    p.add_argument('--utf8', action='store_true')
    p.add_argument('--tuid', action='store_true')
    p.add_argument('port', type=int)
    p.add_argument('user')
    p.add_argument('maildir')
    a = p.parse_args(args)
    server, maildir = remote(a.port, a.user, a.sep, a.utf8, a.tuid), local(a.maildir, a.sep, a.tuid)
    found = differences(server, maildir, a.dates)
    print(*found, sep='\n', end='\n' if found else '')
    if not found:
        total = sum(sum(c.values()) for c in server.values())
        print(f'{len(server)} folders, {total} messages: server and disk agree.')
    sys.exit(bool(found))


if __name__ == '__main__':
    main(sys.argv[1:])
