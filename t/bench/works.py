"""What is measured: accounts, and the works done on them one after another."""
from dataclasses import dataclass, field

import maildir


@dataclass
class Place:
    """One tool's account: its side on the server and its Maildir."""
    server: object
    user: str
    maildir: str


@dataclass
class Work:
    key: str                    # for the command line
    title: str                  # for people
    kind: str                   # "first", "noop" or "change"
    far: bool = False           # at the round trip time, not on loopback
    change: object = None       # what happens before it: function(place, number of the run)
    tells: bool = True          # a row in the report; else it only prepares


@dataclass
class Scenario:
    name: str
    folders: int
    messages: int
    median: int = 4000
    tls: bool = False
    fsync: bool = True
    big: bool = False           # only for tools that end in reasonable time
    works: list = field(default_factory=list)

    @property
    def account(self):
        return self.folders, self.messages, self.median


def everything(p, n):
    p.server.change_flags(p.user, .01, n + 300)
    p.server.deliver(p.user, 250, 10, f'{n}e')
    p.server.delete(p.user, 50, n + 300)
    maildir.change_flags(p.maildir, 100, 45, n + 300)
    maildir.delete(p.maildir, 50, n + 400)
    maildir.deliver(p.maildir, 250, 'INBOX', f'{n}e')


def main_works(rtt, flags=200, new=500, gone=100):
    at = f'RTT {rtt:g} ms'
    far = [
        ('rflags', '1 % of the flags changed remotely',
         lambda p, n: p.server.change_flags(p.user, .01, n)),
        ('rnew', f'{new} new remote in 10 folders',
         lambda p, n: p.server.deliver(p.user, new, 10, n)),
        ('lnew', f'{new} new local in one folder',
         lambda p, n: maildir.deliver(p.maildir, new, 'INBOX', n)),
        ('lflags', f'{flags} local flag changes in 45 folders',
         lambda p, n: maildir.change_flags(p.maildir, flags, 45, n)),
        ('ldel', f'{gone} local deletions',
         lambda p, n: maildir.delete(p.maildir, gone, n + 200)),
        ('all', 'all of it at once', everything)]
    return [
        Work('first', 'first sync', 'first'),
        Work('noop', 'nothing changed', 'noop'),
        Work('noop@', f'nothing changed, {at}', 'noop', far=True),
        *(Work(key, f'{title}, {at}', 'change', True, change) for key, title, change in far)]


def scenarios(quick, rtt):
    at = f'RTT {rtt:g} ms'
    scale = 100 if quick else 1
    main = dict(folders=50 // (10 if quick else 1), messages=20000 // scale)
    many = 500 // (25 if quick else 1)
    big = 100000 // scale
    return [
        Scenario('main', **main, works=main_works(rtt, *(20, 20, 10) if quick else ())),
        Scenario('nosync', **main, fsync=False, works=[Work('first-nosync', 'first sync, fsync off', 'first')]),
        Scenario('tls', 20 // (4 if quick else 1), 2000 // scale, tls=True, works=[
            Work('first-tls', f'first sync, {2000 // scale} messages over TLS, {at}', 'first', far=True)]),
        Scenario('many', many, 2000 // (20 if quick else 1), median=1000, works=[
            Work('many-first', 'its first sync', 'first', tells=False),
            Work('many-noop', f'nothing changed, {many} folders', 'noop'),
            Work('many-noop@', f'nothing changed, {many} folders, {at}', 'noop', far=True)]),
        Scenario('big', 1, big, median=1500, fsync=False, big=True, works=[
            Work('big-first', f'first sync, one folder of {big:,}, fsync off', 'first'),
            Work('big-noop', f'nothing changed, one folder of {big:,}', 'noop'),
            Work('big-flag', f'one flag changed remotely among {big:,}', 'change',
                 change=lambda p, n: p.server.toggle_one(p.user))])]


def changed_folders(quick, rtt):
    """What it costs if k of many folders have changed."""
    many = 30 if quick else 500
    found = [Work('growth-k-first', 'its first sync', 'first', tells=False)]
    for k in (1, many) if quick else (1, 10, 100, many):
        where = f'in {k} folder' + ('' if k == 1 else 's') + f', RTT {rtt:g} ms'
        found += [
            Work(f'growth-k-rnew-{k}', 'new remote ' + where, 'change', True,
                 lambda p, n, k=k: p.server.deliver(p.user, k, k, f'{n}k{k}')),
            Work(f'growth-k-lflags-{k}', 'local flag changes ' + where, 'change', True,
                 lambda p, n, k=k: maildir.change_flags(p.maildir, k, k, n))]
    return Scenario('growth-k', many, 100 if quick else 2000, median=300, fsync=False, works=found)


def growth(quick, rtt, million):
    """Two series of accounts, with what a run costs that has nothing or one change to do; changed folders."""
    folders = (3, 30) if quick else (10, 100, 1000)
    messages = (100, 1000) if quick else (1000, 10000, 100000) + ((1000000,) if million else ())

    def works(key):
        return [Work(key + '-first', 'first sync', 'first'),
                Work(key + '-noop', 'nothing changed', 'noop'),
                Work(key + '-flag', 'one flag changed remotely', 'change',
                     change=lambda p, n: p.server.toggle_one(p.user))]
    total = 100 if quick else 5000
    return ([Scenario('growth-folders', n, total, median=300, fsync=False, works=works('growth-folders'))
             for n in folders] +
            [Scenario('growth-messages', 1, n, median=300, fsync=False, works=works('growth-messages'))
             for n in messages] +
            [changed_folders(quick, rtt)])


def wanted(key, words):
    """Whether the command line asks for this work: any of the words is in its key; -word leaves it out."""
    if any(word[1:] in key for word in words if word.startswith('-')):
        return False
    plain = [word for word in words if not word.startswith('-')]
    return not plain or any(word in key for word in plain)
