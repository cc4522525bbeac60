"""The bench's own Dovecot: accounts filled once, copied for each tool, changed, counted."""
import argparse
import imaplib
import os
import random
import re
import subprocess
import sys

import trees

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import seed  # noqa: E402
from imap import append, folders, ok, quote  # noqa: E402

# Processes that wait for a login, as a busy server has them: without these the
# first login of each run would measure how fast Dovecot forks.
WARM = '''
service imap-login {
  process_min_avail = {spare}
}
service imap {
  process_min_avail = {spare}
  service_count = 200
}
'''

SCRIPT = '''
. "$1"
dovecot_start "$2" include="$3" "${@:4}" || exit 1
echo "$DOVECOT_PORT $DOVECOT_TLSPORT $DOVECOT_CA"
read -r _
dovecot_stop "$2"
'''


class Server:
    """Lives until close(); dies with the bench, too."""

    def __init__(self, where, spare=4, *options):
        self.dir = where
        os.makedirs(where)
        warm = os.path.join(where, 'warm.conf')
        with open(warm, 'w') as f:
            f.write(WARM.replace('{spare}', str(spare)))
        self.shell = subprocess.Popen(
            ['bash', '-c', SCRIPT, 'bench', os.path.join(HERE, '..', 'dovecot.bash'), where, warm, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = self.shell.stdout.readline().split()
        if len(answer) != 3:
            raise SystemExit('bench: no Dovecot')
        self.port, self.tlsport, self.ca = int(answer[0]), int(answer[1]), answer[2]

    def close(self):
        self.shell.stdin.close()
        self.shell.wait()

    def home(self, user):
        return os.path.join(self.dir, 'mail', user)

    def login(self, user):
        m = imaplib.IMAP4('127.0.0.1', self.port)
        m.login(user, 'pw')
        return m

    def seed(self, user, count, messages, median):
        """Fills a new account, the same way each time."""
        m = self.login(user)
        made = seed.bulk(m, argparse.Namespace(folders=count, messages=messages, seed=1, median=median))
        m.logout()
        return dict(zip(('folders', 'messages', 'bytes'), made))

    def copy(self, old, new):
        """The same account under another name, with the same uids and the same indexes.

        A message's file never changes in sdbox, so it may be the same file: the
        accounts then differ in nothing, not even in what the page cache holds."""
        trees.copy(self.home(old), self.home(new), lambda name: name.startswith('u.'))

    def drop(self, user):
        trees.put_away(self.home(user), os.path.dirname(self.dir))

    def census(self, user):
        """{folder: (messages, seen, answered, flagged)}"""
        m, found = self.login(user), {}
        for name in folders(m):
            flags = []
            if int(ok(m.select(quote(name), readonly=True))[0]):
                flags = ok(m.uid('FETCH', '1:*', '(FLAGS)'))
            found[name] = (len(flags), *(sum(word in f for f in flags)
                                         for word in (rb'\Seen', rb'\Answered', rb'\Flagged')))
        m.logout()
        return found

    def change_flags(self, user, share, seed):
        """Changes this share of all flags: \\Flagged goes on, \\Seen off."""
        m, r = self.login(user), random.Random(seed)
        for name in folders(m):
            total = int(ok(m.select(quote(name)))[0])
            n = round(total * share) or 1
            if total:
                some = ','.join(map(str, sorted(r.sample(range(1, total + 1), min(n, total)))))
                ok(m.store(some, '+FLAGS.SILENT', r'(\Flagged)'))
                ok(m.store(some, '-FLAGS.SILENT', r'(\Seen)'))
        m.logout()

    def toggle_one(self, user, name='INBOX'):
        """One message in the middle of a folder gets \\Flagged or loses it."""
        m = self.login(user)
        middle = str(int(ok(m.select(quote(name)))[0]) // 2 or 1)
        flagged = rb'\Flagged' in ok(m.fetch(middle, '(FLAGS)'))[0]
        ok(m.store(middle, '-FLAGS.SILENT' if flagged else '+FLAGS.SILENT', r'(\Flagged)'))
        m.logout()

    def deliver(self, user, n, where, seed):
        """New messages, in turn to the first "where" folders."""
        m = self.login(user)
        names = folders(m)[:where]
        for i in range(n):
            append(m, names[i % len(names)], letter(f'r{seed}', i), '', 1.7e9 + i)
        m.logout()

    def delete(self, user, n, seed):
        """Deletes n messages, spread over all folders."""
        m, r = self.login(user), random.Random(seed)
        names = folders(m)
        for name in names:
            total = int(ok(m.select(quote(name)))[0])
            k = min(total // 4, n // len(names) + 1)
            if k:
                ok(m.store(','.join(map(str, r.sample(range(1, total + 1), k))), '+FLAGS.SILENT', r'(\Deleted)'))
                ok(m.expunge())
        m.logout()


def letter(kind, i):
    return (f'From: a@example.org\nTo: b@example.org\nSubject: new {kind} {i}\n'
            f'Message-ID: <{kind}.{i}@example.org>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n\n'
            + 'A line of some sixty letters, as people write them in mails.\n' * 50).encode()


def version():
    out = subprocess.run(['dovecot', '--version'], stdout=subprocess.PIPE, text=True,
                         env=dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin')).stdout
    return re.match(r'[\d.]*', out)[0]
