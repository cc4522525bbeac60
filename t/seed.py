#!/usr/bin/env python3
"""seed.py PORT USER sample
seed.py PORT USER bulk [--folders N] [--messages M] [--seed S] [--median BYTES]

Fills an account of a loopback IMAP server, the same way each time.  "sample" is a
small mailbox with a bit of everything; "bulk" has sizes lognormal around the
median, a few big folders and many small ones, mixed flags; it prints folders,
messages and bytes."""
import argparse, base64, email.message, email.utils, functools, imaplib, math, os, random, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imap import append, ok, quote

# A byte of each value in turn, so that a damaged attachment shows.
PIXELS = bytes(range(256)) * 150

#        folder, flags, from, subject, text, attachment
SAMPLE = [
    ('INBOX', '', 'Ada', 'Lunch on Friday?', 'Shall we say half past twelve?\n', None),
    ('INBOX', r'\Seen', 'Grace', 'The compiler works', 'It even compiles itself.\n', 'notes.txt'),
    ('INBOX', r'\Seen \Answered', 'Linus', 'Re: patch, third version', 'From now on this is fine.\n', 'fix.patch'),
    ('INBOX', r'\Flagged', 'Zoë', 'Grüße aus Köln', 'Schöne Grüße!\n', 'Dom.png'),
    ('INBOX', r'\Seen $Important', 'Ken', 'Reflections on trust', 'You cannot.\n', None),
    ('INBOX', '', 'Build server', 'Build 4711 is broken', '.\n..\nFrom here on it failed\n', None),
    ('Sent', r'\Seen', 'Me', 'Re: Lunch on Friday?', 'Gladly.\n', None),
    ('Sent', r'\Seen', 'Me', 'The holiday pictures', 'See below.\n', 'beach.png'),
    ('Drafts', r'\Draft \Seen', 'Me', 'A letter I never finish', 'Dear ', None),
    ('Archive/2023', r'\Seen', 'Bank', 'Statement 12/2023', 'All is well.\n', 'statement.pdf'),
    ('Archive/2024', r'\Seen \Flagged', 'Tax office', 'Your return', 'It is late.\n', None),
    ('Archive/2024', r'\Seen', 'Airline', 'Your booking', 'Seat 12A.\n', 'ticket.pdf'),
    ('Lists/mutt-users', '', 'Someone', '[mutt] colours', 'How do I...\n', None),
    ('Lists/mutt-users', '', 'Someone else', 'Re: [mutt] colours', 'See the manual.\n', None),
    ('Entw&APw-rfe', r'\Seen', 'Me', 'Entwürfe ist ein Umlautname', 'So heißt der Ordner.\n', None),
    ('&ZeVnLIqe-', '', 'Yukihiro', '日本語のフォルダ', 'こんにちは\n', None),
]


def sample(m):
    noise = random.Random(1)
    made = {'INBOX'}
    for i, (folder, flags, who, subject, text, attachment) in enumerate(SAMPLE):
        when = 1.7e9 + i * 86400
        mail = email.message.EmailMessage()
        mail['From'] = email.utils.formataddr((who, f'sender{i}@example.org'))
        mail['To'] = 'you@example.net'
        mail['Subject'] = subject
        mail['Date'] = email.utils.formatdate(when)
        mail['Message-ID'] = f'<sample.{i}@example.org>'
        mail.set_content(text)
        if attachment:
            data = PIXELS + noise.randbytes(5000)
            mail.add_attachment(data, maintype='application', subtype='octet-stream', filename=attachment)
        if folder not in made:
            ok(m.create(quote(folder)))
            made.add(folder)
        append(m, folder, mail.as_bytes(), flags, when)
    return len(made), len(SAMPLE)


@functools.lru_cache(1)
def noise_of(seed):
    """Text that messages are cut out of, and what the generator goes on with behind it."""
    r = random.Random(seed)
    return base64.encodebytes(r.randbytes(3 << 20)), r.getstate()


def bulk(m, a):
    """How many folders, messages and bytes it made."""
    r = random.Random()
    noise, state = noise_of(a.seed)
    r.setstate(state)
    names = ['INBOX'] + [f'F{i:03d}' if i % 5 else f'F{i:03d}/sub' for i in range(1, a.folders)]
    weight = [1 / (i + 1) ** .8 for i in range(len(names))]
    counts = [int(a.messages * w / sum(weight)) for w in weight]
    counts[0] += a.messages - sum(counts)
    total = 0
    for number, (name, count) in enumerate(zip(names, counts)):
        if name != 'INBOX':
            ok(m.create(quote(name)))
        for start in range(0, count, 200):
            out = [f'a APPEND {quote(name)}'.encode()]
            for i in range(start, min(start + 200, count)):
                size = min(int(a.median * math.exp(r.gauss(0, 1.2))), 2 << 20)
                when = 1.6e9 + r.random() * 1.5e8
                at = r.randrange(0, len(noise) - size)
                data = (f'From: User {i} <u{i}@example.org>\nTo: me@example.net\nSubject: mail {i}\n'
                        f'Message-ID: <{a.seed}.{number}.{i}@example.org>\n'
                        f'Date: {email.utils.formatdate(when)}\n\n').encode() + noise[at:at + size] + b'\n'
                data = data.replace(b'\n', b'\r\n')
                flags = ' '.join(f for f, p in ((r'\Seen', .7), (r'\Answered', .15), (r'\Flagged', .05))
                                 if r.random() < p)
                date = time.strftime('%d-%b-%Y %H:%M:%S +0000', time.gmtime(when))
                out.append(f' ({flags}) "{date}" {{{len(data)}+}}\r\n'.encode() + data)
                total += len(data)
            m.send(b''.join(out) + b'\r\n')
            while not (line := m.readline()).startswith(b'a '):
                if not line:
                    sys.exit('seed.py: the server closed the connection')
            if not line.startswith(b'a OK'):
                sys.exit('seed.py: ' + line.decode(errors='replace'))
    return len(names), sum(counts), total


def main(args):
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('port', type=int)
    p.add_argument('user')
    p.add_argument('what', choices=['sample', 'bulk'])
    p.add_argument('--folders', type=int, default=50)
    p.add_argument('--messages', type=int, default=20000)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--median', type=int, default=4000)
    a = p.parse_args(args)
    m = imaplib.IMAP4('127.0.0.1', a.port)
    m.login(a.user, 'pw')
    if a.what == 'bulk':
        print('folders=%d messages=%d bytes=%d' % bulk(m, a))
    else:
        print('%d folders, %d messages' % sample(m))
    m.logout()


if __name__ == '__main__':
    main(sys.argv[1:])
