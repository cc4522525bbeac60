"""A mailbox on a loopback server and its Maildir, changed at random on both sides,
and what must be there after a sync: a model that knows messages and flags and
nothing of plans, states or records.  For rounds.py and kill.py."""
import collections, glob, hashlib, imaplib, os, random, re, shutil, signal, subprocess, time
from agree import LETTERS, server_sep
from imap import append, folders, messages, ok, quote, renumber, unix

SYSTEM = {letter: flag for flag, letter in LETTERS.items()}
FLAGS = 'DFRST'


class Wrong(Exception):
    """What the model did not expect."""


def alive(group):
    """The threads of a process group that still run; killed ones take a moment to end."""
    for process in glob.glob('/proc/[0-9]*'):
        for stat in [f'{process}/stat', *glob.glob(f'{process}/task/*/stat')]:
            try:
                with open(stat) as f:
                    # pid (name) state parent group
                    fields = f.read().rpartition(')')[2].split()
            except OSError:
                break
            if int(fields[2]) != group:
                break
            if fields[0] not in 'ZX':
                yield stat


class Message:
    """One message that both sides have, or had when the round began."""
    def __init__(self, digest, date, flags, keywords, extra, name):
        self.digest, self.date, self.name = digest, date, name
        self.base = self.remote = self.local = frozenset(flags)
        self.keywords, self.extra = frozenset(keywords), extra
        self.on_server, self.on_disk = True, name is not None
        self.frozen = False     # nothing more may happen to it in this round
        self.in_trash = False   # somebody moved it there

    def trashed(self):
        """What goes to the trash of it: a deletion on one side of what both had; not the mark for it.
        With that mark it may be there once more where somebody moved it: what waits to be expunged is no safe copy."""
        if self.name and (not self.in_trash or 'T' in self.local) and self.on_server != self.on_disk:
            yield self.digest, (self.remote if self.on_server else self.local) - {'T'}, self.date

    def merged(self):
        """Three-way, flag by flag: a side that changed a flag decides it."""
        return frozenset(f for f in FLAGS if (
            (f in self.remote) if (f in self.remote) != (f in self.base) else (f in self.local)))


class World:
    def __init__(self, port, user, home, seed=1, sep='.', uidplus=True, lines=False, parents=False, trash=None):
        self.port, self.user, self.home = port, user, home
        # what the server alters: an end of line for every message, folders above a new one
        self.lines, self.parents = lines, parents
        self.root = os.path.join(home, 'Mail')
        self.sep, self.uidplus = sep, uidplus
        self.random = random.Random(seed)
        self.login()
        self.theirs = server_sep(self.m)
        self.known = {}       # folder: {uid: Message}
        self.new = {}         # folder: [(digest, flags, date)], made since the last sync
        self.count = 0
        self.log = []
        self.once = False     # no message is changed twice in a round
        self.trash = trash    # the folder that deleted messages go to, on either side
        self.small = False    # no large message
        # "SIDE fixed": nothing changes on it; "SIDE keeps": nothing is deleted there; "server marks": that is
        # only marked there; "disk names": new files keep theirs.  What they hold back is not the model's next base.
        self.rules = frozenset()
        self.side = {}        # (folder, digest) and folder: the side that had it first
        self.refused = set()  # digests of what the server does not take
        self.tuid = False     # mbsync's header is in the files
        self.seen = None      # what the last check found

    def login(self):
        self.m = imaplib.IMAP4('127.0.0.1', self.port)
        self.m.login(self.user, 'pw')

    def configure(self, tlsport, ca, general='', account='', remote='', local=''):
        trash = f'trashfolder = {self.trash}\n' if self.trash else ''
        remote, local = trash + remote, trash + local
        tls = f'sslcacertfile = {ca}' if ca != '-' else 'ssl = no\nstarttls = no'
        os.makedirs(self.home, exist_ok=True)
        with open(os.path.join(self.home, '.offlineimaprc'), 'w') as f:
            f.write(f'[general]\naccounts = test\n{general}\n'
                    f'[Account test]\nlocalrepository = local\nremoterepository = remote\n{account}\n'
                    f'[Repository local]\ntype = Maildir\nlocalfolders = ~/Mail\nsep = {self.sep}\n{local}'
                    f'[Repository remote]\ntype = IMAP\nremotehost = localhost\nremoteport = {tlsport}\n'
                    f'{tls}\nremoteuser = {self.user}\nremotepass = pw\n{remote}')

    def sync(self, *options, **how):
        """Runs the driver: its status and what it said."""
        return self.command('offlineimap', '-o', '-u', 'basic', *options, **how)

    def command(self, *command, meanwhile=None, limit=120, **env):
        """The same of any command, in a process group of its own, for so many seconds at most."""
        p = subprocess.Popen(command, env=dict(os.environ, HOME=self.home, **env), start_new_session=True,
                             cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while meanwhile and p.poll() is None:
            meanwhile()
        try:
            said = p.communicate(timeout=limit)[0]
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            raise Wrong(f'still at work after {limit} seconds; it said:\n' +
                        p.communicate()[0].decode(errors='replace'))
        while any(alive(p.pid)):
            time.sleep(.01)
        return p.returncode, said.decode(errors='replace')

    # What is there.

    def digest(self, data):
        data = unix(data)
        return hashlib.sha256(re.sub(rb'(?m)^X-TUID: .{12}\n', b'', data) if self.tuid else data).hexdigest()

    def there(self, folder):
        """The server's name of a local folder."""
        return folder.replace(self.sep, self.theirs) if self.theirs else folder

    def leave(self):
        """Nothing is selected, nothing expunged: UNSELECT, which not all servers have."""
        if self.m.state == 'SELECTED':
            ok(self.m.select('INBOX', readonly=True))
            self.m.close()

    def here(self, folder):
        return os.path.join(self.root, folder.replace(self.sep, '/') if self.sep == '/' else folder)

    def server(self):
        """{folder: {uid: (digest, flags, date, keywords)}}"""
        found = {}
        for name in folders(self.m):
            found[name.replace(self.theirs, self.sep) if self.theirs else name] = {
                uid: (self.digest(data),
                      frozenset(LETTERS[f] for f in flags if f in LETTERS), date,
                      frozenset(f for f in flags if f not in LETTERS))
                for uid, flags, date, data in messages(self.m, name)}
        self.leave()
        return found

    def disk(self):
        """{folder: [(digest, flags, date, other letters, uid or None, path)]}"""
        found = {}
        for cur in glob.glob(os.path.join(glob.escape(self.root), '**', 'cur'), recursive=True):
            path = os.path.dirname(cur)
            folder = os.path.relpath(path, self.root).replace('/', self.sep)
            md5 = hashlib.md5(folder.encode()).hexdigest()
            here = found[folder] = []
            for file in glob.glob(os.path.join(glob.escape(path), '[cn][ue][rw]', '*')):
                base, _, info = os.path.basename(file).partition(':2,')
                uid = re.search(r',U=(\d+)', base) if f',FMD5={md5}' in base else None
                with open(file, 'rb') as f:
                    digest = self.digest(f.read())
                here.append((digest, frozenset(c for c in info if c in FLAGS), int(os.stat(file).st_mtime),
                             ''.join(c for c in info if c not in FLAGS), uid and int(uid[1]), file))
        return found

    # What must be there.

    def check(self):
        """Compares both sides with the model and makes what is there the new base."""
        server, disk, wrong = self.server(), self.disk(), []
        trashed = [t for folder in self.known if folder != self.trash
                   for m in self.known[folder].values() for t in m.trashed()] if self.trash else []
        for folder in sorted(self.known.keys() | server.keys() | disk.keys()):
            if folder not in self.known:
                wrong.append(f'{folder}: nobody made this folder')
                continue
            missing = [side for side, there in (('the server', server), ('disk', disk)) if folder not in there]
            if missing and not (self.side.get(folder) == 'disk' and 'server fixed' in self.rules or
                                self.side.get(folder) == 'server' and 'disk fixed' in self.rules):
                wrong.append(f'{folder}: missing on {missing[0]}')
                continue
            there, here = server.get(folder, {}), disk.get(folder, [])
            both, server_only, disk_only = self.wanted(folder)
            if folder == self.trash:
                both = self.once_each(both, trashed, [m[:3] for m in there.values()])
            wrong += self.compare(folder, 'server', both + server_only, [m[:3] for m in there.values()])
            wrong += self.compare(folder, 'disk', both + disk_only, [m[:3] for m in here])
            wrong += self.pairs(folder, there, here)
        if wrong:
            raise Wrong('\n'.join(wrong))
        self.seen = server, disk
        if self.rules <= {'server marks'} and not self.refused:
            self.adopt(server, disk)

    def outcome(self, message):
        """The flags that it ends with on the server and on disk; None where it is not."""
        remote, local, rules = message.remote, message.local, self.rules
        if message.on_server and message.on_disk:
            merged = message.merged()
            return remote if 'server fixed' in rules else merged, local if 'disk fixed' in rules else merged
        if message.on_server and rules & {'server fixed', 'server keeps'}:
            return remote, None
        if message.on_server and message.name is None and 'T' not in remote:
            return remote, remote           # marked before, and not any more
        if message.on_server and ('server marks' in rules or not self.uidplus):
            return remote | {'T'}, None     # marked, never expunged; and not fetched again
        if message.on_disk and rules & {'disk fixed', 'disk keeps'}:
            return None, local
        return None, None

    def wanted(self, folder):
        """What a folder must hold on both sides, on the server alone and on disk alone."""
        both, server, disk = [], [], []
        for m in self.known[folder].values():
            there, here = self.outcome(m)
            if there is not None and there == here:
                both.append((m.digest, there, m.date))
                continue
            server += [(m.digest, there, m.date)] if there is not None else []
            disk += [(m.digest, here, m.date)] if here is not None else []
        for new in self.new[folder]:
            from_server = self.side.get((folder, new[0])) == 'server'
            (disk if self.only_here(folder, new[0]) else
             server if from_server and 'disk fixed' in self.rules else both).append(new)
        return both, server, disk

    @staticmethod
    def once_each(both, trashed, got):
        """What was moved to the trash is there; of what is equal to the last byte one is enough."""
        wanted, got, there = collections.Counter(both), collections.Counter(got), {m[0] for m in both}
        for message in sorted(trashed, key=lambda m: wanted[m] >= got[m]):
            if message[0] not in there or wanted[message] < got[message]:
                wanted[message] += 1
                there.add(message[0])
        return list(wanted.elements())

    @staticmethod
    def compare(folder, side, wanted, got):
        wanted, got = collections.Counter(wanted), collections.Counter(got)
        for word, bag in ('lacks', wanted - got), ('has too many of', got - wanted):
            for (digest, flags, date), n in bag.items():
                yield f'{folder}: {side} {word} {n} {digest[:12]} flags={"".join(sorted(flags)) or "-"} date={date}'

    def pairs(self, folder, server, disk):
        """A file's name gives the uid of the very message; marks that are one side's own stay."""
        if self.tuid:
            return      # their names have mbsync's numbers
        seen = set()
        gone = {(uid, m.digest) for uid, m in self.known[folder].items() if self.outcome(m)[0] is None}
        for digest, flags, date, extra, uid, path in disk:
            old = self.known[folder].get(uid)
            if self.only_here(folder, digest, 'disk names') or uid not in server and (uid, digest) in gone:
                continue
            if uid not in server or server[uid][::2] != (digest, date) or not (
                    server[uid][1] == flags or old and self.outcome(old) == (server[uid][1], flags)):
                yield f'{folder}: {os.path.basename(path)} is not the message with its uid'
            elif uid in seen:
                yield f'{folder}: uid {uid} twice'
            seen.add(uid)
            if old and old.on_disk and extra != old.extra:
                yield f'{folder}: letters of {os.path.basename(path)} were "{old.extra}"'
            if old and uid in server and old.on_server and server[uid][3] != old.keywords:
                yield f'{folder}: keywords of uid {uid} were {set(old.keywords)}, are {set(server[uid][3])}'

    def only_here(self, folder, digest, *rules):
        """Whether this is a new file that cannot get to the server, or (of these rules) not get its name."""
        return self.side.get((folder, digest)) == 'disk' and (
            digest in self.refused or bool(self.rules & {'server fixed', *rules}))

    def adopt(self, server, disk):
        for folder in server:
            uids = {message[0]: uid for uid, message in server[folder].items()} if self.tuid else {}
            files = {uids.get(digest, uid): (extra, path) for digest, _, _, extra, uid, path in disk.get(folder, [])}
            self.known[folder] = {
                uid: Message(digest, date, flags, keywords, *files.get(uid, ('', None)))
                for uid, (digest, flags, date, keywords) in server[folder].items()}
            self.new[folder] = []

    def snapshot(self):
        """Everything that a run with nothing to do must leave alone."""
        server = {name: (ok(self.m.status(quote(name), '(UIDNEXT UIDVALIDITY MESSAGES HIGHESTMODSEQ)')))
                  for name in folders(self.m)}
        return server, sorted((p, os.stat(p).st_mtime_ns) for p in glob.glob(self.root + '/**', recursive=True))

    # Changes, each on one side, and what they mean.

    def text(self):
        """A message: odd, equal and missing identities, every kind of body."""
        r = self.random
        self.count += 1
        # The subject makes it unique, lest two sides' new messages be one by chance.
        ident = r.choice([f'<{self.count}@example.org>', f'<{self.count}@example.org>', '<same@example.org>', '', None])
        lines = [b'From: =?utf-8?q?J=C3=B6rg?= <j@example.org>', b'Subject:odd   spacing %d' % self.count]
        if r.random() < .9:
            lines.append(b'Date: Mon, 01 Jan 2024 00:00:%02d +0000' % r.randrange(60))
        if ident is not None:
            lines.append(b'Message-ID: ' + ident.encode())
        kind = r.choice([0, 1, 5, 6, 7]) if self.small else r.randrange(8)
        if kind == 0:
            body = b''
        elif kind == 1:
            body = b'the same\n'
        elif kind == 2:
            # but for CR before LF: Dovecot itself makes CRLF of CRCRLF
            body = bytes(r.choice(range(1, 256)) for _ in range(300)).replace(b'\r\n', b'\n') + b'!\n'
        elif kind == 3:
            body = b'x' * r.choice([998, 5000, 70000]) + b'\n'
        elif kind == 4:
            body = b''.join(b'%d line\n' % i for i in range(r.randrange(2000, 20000)))
        elif kind == 5:
            body = b'no end of line %d' % self.count
        elif kind == 6:
            body = b'.\n..\n\nFrom here\nz1 LOGOUT\n* BYE\n{5}\n%d\n' % self.count
        else:
            body = b'plain %d\n' % self.count
        return self.ended(b'\n'.join(lines) + b'\n\n' + body)

    def ended(self, data):
        return data + b'\n' if self.lines and not data.endswith(b'\n') else data

    def date(self):
        return self.random.choice([1000000000, 1700000000, 1700000000 + self.count, 1234567890])

    def flags(self):
        return frozenset(f for f in FLAGS if self.random.random() < .2)

    def append(self, folder, data, flags, date):
        names = ' '.join(SYSTEM[f] for f in sorted(flags))
        append(self.m, self.there(folder), data, names, date)
        self.arrives(folder, 'server', self.digest(data), flags, date)

    def arrives(self, folder, side, *message):
        self.new[folder].append(message)
        self.side[folder, message[0]] = side

    def deliver(self, folder, data, flags, date):
        self.count += 1
        sub = self.random.choice(['cur', 'cur', 'new'])
        info = ':2,' + ''.join(sorted(flags)) if sub == 'cur' or flags else ''
        name = f'{date}.{self.count}_{self.random.randrange(10**6)}.host{info}'
        tmp = os.path.join(self.here(folder), 'tmp', name)
        with open(tmp, 'wb') as f:
            f.write(data)
        os.utime(tmp, (date, date))
        os.rename(tmp, os.path.join(self.here(folder), sub, name))
        self.arrives(folder, 'disk', self.digest(data), flags, date)

    def change(self):
        """One change; returns what it was, None where there was nothing to change."""
        op = self.random.choice([
            self.remote_new, self.remote_new, self.local_new, self.local_new, self.remote_flags, self.remote_flags,
            self.local_flags, self.local_flags, self.remote_delete, self.local_delete, self.remote_move,
            self.local_move, self.both_move, self.twin, self.alike, self.local_copy, self.local_rename, self.local_read, self.remote_keyword,
            self.make_folder])
        what = op()
        if what:
            self.log.append(f'{op.__name__} {what}')
        return what

    def changes(self, number):
        while number > 0:
            number -= bool(self.change())

    def any_folder(self, side):
        if not os.path.isdir(self.root):
            self.make_dirs('INBOX')
        return self.random.choice(sorted(self.server_folders if side == 'server' else
                                         (f for f in self.known if self.whole(f))))

    def whole(self, folder):
        """A sync that is under way makes a folder one directory after the other."""
        return all(os.path.isdir(os.path.join(self.here(folder), sub)) for sub in ('cur', 'new', 'tmp'))

    def pick(self, side):
        """A message that this side still has: folder, uid, Message."""
        found = [(f, uid, m) for f in sorted(self.known) for uid, m in sorted(self.known[f].items())
                 if getattr(m, side) and not m.frozen]
        chosen = self.random.choice(found) if found else None
        if chosen and self.once:
            chosen[2].frozen = True
        return chosen

    def begin(self):
        self.server_folders = {n.replace(self.theirs, self.sep) if self.theirs else n for n in folders(self.m)}
        for f in self.server_folders:
            self.known.setdefault(f, {})
            self.new.setdefault(f, [])

    def remote_new(self):
        folder = self.any_folder('server')
        self.append(folder, self.text(), self.flags(), self.date())
        return folder

    def local_new(self):
        folder, data = self.any_folder('disk'), self.text()
        if self.random.random() < .2:
            data = data.replace(b'\n', b'\r\n')
        self.deliver(folder, data, self.flags(), self.date())
        return folder

    def twin(self):
        """Two messages equal to the last byte on one side."""
        side, data, flags, date = self.random.choice(['server', 'disk']), self.text(), self.flags(), self.date()
        folder = self.any_folder(side)
        for _ in range(2):
            (self.append if side == 'server' else self.deliver)(folder, data, flags, date)
        return f'{folder} {side}'

    def alike(self):
        """Two new files that differ in nothing but one byte of the body."""
        folder, data, flags, date = self.any_folder('disk'), self.text(), self.flags(), self.date()
        for last in b'?', b'!':
            self.deliver(folder, self.ended(data + last), flags, date)
        return folder

    def remote_flags(self):
        if not (found := self.pick('on_server')):
            return None
        folder, uid, message = found
        return self.store(folder, uid, message, self.random.choice([f for f in FLAGS if f != 'T' or message.on_disk]))

    def store(self, folder, uid, message, flag):
        sign = '-' if flag in message.remote else '+'
        ok(self.m.select(quote(self.there(folder))))
        ok(self.m.uid('STORE', str(uid), sign + 'FLAGS', f'({SYSTEM[flag]})'))
        self.leave()
        message.remote ^= {flag}
        return f'{folder} {uid} {sign}{flag}'

    def remote_keyword(self):
        if not (found := self.pick('on_server')):
            return None
        folder, uid, message = found
        ok(self.m.select(quote(self.there(folder))))
        if b'\\*' not in (self.m.response('PERMANENTFLAGS')[1][-1] or b''):
            self.leave()
            return None  # a server without keywords
        ok(self.m.uid('STORE', str(uid), '+FLAGS', '($Label1 Junk)'))
        self.leave()
        message.keywords |= {'$Label1', 'Junk'}
        return f'{folder} {uid}'

    def renamed(self, message, base=None, flags=None, sub=None, extra=None):
        path, name = os.path.split(message.name)
        head, tail = os.path.split(path)
        flags = message.local if flags is None else flags
        extra = message.extra if extra is None else extra
        message.extra = extra
        new = os.path.join(head, sub or 'cur', (base or name.partition(':2,')[0]) + ':2,' + ''.join(sorted([*flags, *extra])))
        os.rename(message.name, new)
        message.name = new

    def local_flags(self):
        if not (found := self.pick('on_disk')):
            return None
        folder, uid, message = found
        flag = self.random.choice(FLAGS)
        self.renamed(message, flags=message.local ^ {flag}, extra=self.random.choice(['', message.extra, 'P', 'Pa']))
        message.local ^= {flag}
        return f'{folder} {uid} {flag}'

    def local_read(self):
        """A mail reader moves what it has shown from new to cur, without a flag."""
        if not (found := self.pick('on_disk')):
            return None
        folder, uid, message = found
        self.renamed(message)
        return f'{folder} {uid}'

    def remote_delete(self):
        if not (found := self.pick('on_server')):
            return None
        folder, uid, message = found
        ok(self.m.select(quote(self.there(folder))))
        ok(self.m.uid('STORE', str(uid), '+FLAGS', r'(\Deleted)'))
        ok(self.m.uid('EXPUNGE', str(uid)))
        self.leave()
        message.on_server = False
        return f'{folder} {uid}'

    def local_delete(self):
        if not (found := self.pick('on_disk')):
            return None
        folder, uid, message = found
        os.unlink(message.name)
        message.on_disk = False
        return f'{folder} {uid}'

    def remote_move(self):
        found, to = self.pick('on_server'), self.any_folder('server')
        if not found or found[0] == to or 'T' in found[2].remote or self.arrived(to, found[2]):
            return None
        folder, uid, message = found
        ok(self.m.select(quote(self.there(folder))))
        ok(self.m.uid('MOVE', str(uid), quote(self.there(to))))
        self.leave()
        message.on_server = False
        message.in_trash = to == self.trash
        self.arrives(to, 'server', message.digest, message.remote, message.date)
        return f'{folder} {uid} to {to}'

    def local_move(self):
        found, to = self.pick('on_disk'), self.any_folder('disk')
        if not found or found[0] == to or self.arrived(to, found[2]):
            return None
        folder, uid, message = found
        os.rename(message.name, os.path.join(self.here(to), 'cur', os.path.basename(message.name)))
        message.on_disk, message.frozen = False, True
        message.in_trash = to == self.trash
        self.arrives(to, 'disk', message.digest, message.local, message.date)
        return f'{folder} {uid} to {to}'

    def both_move(self):
        """The same move on both sides: equal messages, new on both, are one."""
        found = self.pick('on_disk')
        # A sync between the two moves makes them two.
        if self.once or not found or not found[2].on_server or not self.untouched(found[2]) or 'T' in found[2].base:
            return None
        folder, uid, message = found
        to = self.any_folder('server')
        if to == folder or not self.whole(to):
            return None
        os.rename(message.name, os.path.join(self.here(to), 'cur', os.path.basename(message.name)))
        ok(self.m.select(quote(self.there(folder))))
        ok(self.m.uid('MOVE', str(uid), quote(self.there(to))))
        self.leave()
        message.on_server = message.on_disk = False
        self.arrives(to, 'both', message.digest, message.base, message.date)
        return f'{folder} {uid} to {to}'

    def local_copy(self):
        """A copy within the folder that keeps the ,U= of the original."""
        if not (found := self.pick('on_disk')) or not self.untouched(found[2]) or self.arrived(found[0], found[2]):
            return None
        folder, uid, message = found
        self.count += 1
        path, name = os.path.split(message.name)
        shutil.copy2(message.name, os.path.join(path, f'copy{self.count}_{name}'))
        self.arrives(folder, 'disk', message.digest, message.local, message.date)
        message.frozen = True
        return f'{folder} {uid}'

    def local_rename(self):
        """A mail reader that gives the file a name of its own."""
        if not (found := self.pick('on_disk')) or not self.untouched(found[2]) or self.arrived(found[0], found[2]):
            return None
        folder, uid, message = found
        self.count += 1
        self.renamed(message, base=f'renamed.{self.count}.host')
        self.arrives(folder, 'disk', message.digest, message.local, message.date)
        message.on_disk, message.frozen = False, True
        return f'{folder} {uid}'

    def arrived(self, folder, message):
        """Its twin came to this folder in this round: from the other side they would be one."""
        return any(digest == message.digest for digest, _, _ in self.new[folder])

    @staticmethod
    def untouched(message):
        """Whether it does not matter which of two equals, or which side's flags, are meant."""
        return (message.on_server and message.remote == message.base == message.local
                and not message.keywords and not message.extra)

    def renumber(self):
        """The server makes a folder anew: the same messages under a new UIDVALIDITY and other uids."""
        folder = self.random.choice([''] + sorted(
            f for f in self.known if f != 'INBOX' and f in self.server_folders and self.known[f] and
            not self.new[f] and all(m.on_disk and self.untouched(m) for m in self.known[f].values())))
        if not folder:
            return None
        old = renumber(self.m, self.there(folder))
        self.leave()
        was = self.known[folder]
        self.known[folder] = {uid: was[o] for uid, o in enumerate(old, 1)}
        for message in was.values():
            message.frozen = True
        return f'{folder} of {len(old)}'

    def make_dirs(self, folder):
        for sub in 'cur', 'new', 'tmp':
            os.makedirs(os.path.join(self.here(folder), sub))

    def make_folder(self):
        if self.random.random() < .7:
            return None
        self.count += 1
        name = self.random.choice([f'n{self.count}', f'n{self.count}{self.sep}sub', f'Entw&APw-rfe {self.count}'])
        side = self.random.choice(['server', 'disk', 'both'])
        if self.parents and self.sep in name:
            self.make_one(name.split(self.sep)[0], side)
        self.make_one(name, side)
        return f'{name} on {side}'

    def make_one(self, name, side):
        if side != 'disk':
            ok(self.m.create(quote(self.there(name))))
            self.server_folders.add(name)
        if side != 'server':
            self.make_dirs(name)
        self.known[name], self.new[name] = {}, []
        self.side[name] = side
