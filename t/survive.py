#!/usr/bin/env python3
"""survive.py [OPTION...] PORT USER HOME

The same rounds for this project and for its peers: random changes on both sides, a sync
that is killed or cut off from the server at a random moment, twice, and then as many
undisturbed ones as the tool needs to end with status 0 (three at most).  Counts, round by round,
what is then lost, there twice, or has other bytes than it had.  A message is known by its
Subject, so that a tool that rewrites messages is not said to lose them.

--tool this|mbsync|offlineimap
--rounds N --seed S --changes N
--kill        SIGKILL for the tool and all that it has started
--cut         the connection ends in mid-byte (or both, by turns)
--no-uidplus  the server shows no UIDPLUS: what is deleted here may stay there, marked
--parents     the server makes the folders above a new one

Prints one line that counts; the exit status is 1 if anything was lost, twice or altered.
Left out are changes of which the tools' manuals say that they mean something else: moved and copied
files that keep a name with a uid in it, the flag T, names that are not ASCII."""
import argparse, collections, glob, hashlib, os, re, signal, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import world
from cutter import Relay
from imap import folders, messages, ok, quote, unix

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument('--tool', choices=['this', 'mbsync', 'offlineimap'], default='this')
p.add_argument('--rounds', type=int, default=10)
p.add_argument('--seed', type=int, default=1)
p.add_argument('--changes', type=int, default=20)
p.add_argument('--kill', action='store_true')
p.add_argument('--cut', action='store_true')
p.add_argument('--no-uidplus', action='store_true')
p.add_argument('--parents', action='store_true')
p.add_argument('port', type=int)
p.add_argument('user')
p.add_argument('home')
a = p.parse_args()

world.FLAGS = 'DFRS'
SUBJECT = re.compile(rb'^Subject:\s*odd\s+spacing\s+(\d+)', re.M | re.I)


def number(data):
    """Which message it is, whatever has become of its bytes."""
    subject = SUBJECT.search(unix(data))
    return int(subject[1]) if subject else None


def digest(data):
    return hashlib.sha256(unix(data)).hexdigest()


class Peers(world.World):
    """A world for any of the tools."""
    def __init__(self, *args, **keys):
        super().__init__(*args, **keys)
        self.relay = Relay(self.port)
        self.number = {}        # digest: which message that is; those that a tool made of it, too

    def append(self, folder, data, flags, date):
        self.number[digest(data)] = number(data)
        super().append(folder, data, flags, date)

    def deliver(self, folder, data, flags, date):
        self.number[digest(data)] = number(data)
        super().deliver(folder, data, flags, date)

    def change(self):
        return self.random.choice([
            self.remote_new, self.local_new, self.remote_flags, self.local_flags, self.remote_delete,
            self.local_delete, self.remote_move, self.twin, self.local_read, self.folder])()

    def folder(self):
        if self.random.random() < .8:
            return None
        self.count += 1
        self.make_one(f'n{self.count}', self.random.choice(['server', 'disk']))
        return True

    def configure(self):
        self.make_dirs('INBOX')
        with open(self.home + '/.mbsyncrc', 'w') as f:
            f.write(f'IMAPAccount a\nHost 127.0.0.1\nPort {self.relay.port}\nUser {self.user}\nPass pw\n'
                    f'SSLType None\nAuthMechs LOGIN\n\nIMAPStore r\nAccount a\n\nMaildirStore l\nPath {self.root}/\n'
                    f'Inbox {self.root}/INBOX\nSubFolders Verbatim\n\nChannel c\nFar :r:\nNear :l:\nPatterns *\n'
                    'Create Both\nExpunge Both\nSyncState *\n')
        with open(self.home + '/.offlineimaprc', 'w') as f:
            f.write('[general]\naccounts = test\n[Account test]\nlocalrepository = local\nremoterepository = remote\n'
                    f'[Repository local]\ntype = Maildir\nlocalfolders = {self.root}\nsep = /\n'
                    f'[Repository remote]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = {self.relay.port}\n'
                    f'ssl = no\nstarttls = no\nremoteuser = {self.user}\nremotepass = pw\n')

    def run(self, until=None):
        """One run, killed after so many seconds; its status."""
        command = {'this': ['offlineimap', '-o', '-u', 'quiet'],
                   'offlineimap': ['/usr/bin/offlineimap', '-o', '-u', 'quiet'],
                   'mbsync': ['mbsync', '-c', self.home + '/.mbsyncrc', '-q', 'c']}[a.tool]
        tool = subprocess.Popen(command, env=dict(os.environ, HOME=self.home), start_new_session=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            said = tool.communicate(timeout=until or 120)[0]
        except subprocess.TimeoutExpired:
            os.killpg(tool.pid, signal.SIGKILL)
            said = tool.communicate()[0]
        while any(world.alive(tool.pid)):
            time.sleep(.01)
        return tool.returncode, said.decode(errors='replace')

    def wipe(self):
        """The account is as new."""
        for name in folders(self.m):
            if name.upper() != 'INBOX':
                ok(self.m.delete(quote(name)))
        if int(ok(self.m.select('INBOX'))[0]):
            ok(self.m.store('1:*', '+FLAGS', r'(\Deleted)'))
            ok(self.m.expunge())
        self.m.logout()

    # What is there, what should be, and what that means for the next round.

    def read(self):
        """{folder: [(uid, data, flags, date)]} of the server, {folder: [(path, data)]} of the disk."""
        theirs, ours = {}, {}
        for name in folders(self.m):
            theirs[name.replace(self.theirs, self.sep) if self.theirs else name] = [
                (uid, data, frozenset(world.LETTERS[f] for f in flags if f in world.LETTERS), date)
                for uid, flags, date, data in messages(self.m, name)
                # without UIDPLUS that is what deleted means
                if self.uidplus or '\\Deleted' not in flags]
        self.leave()
        for cur in glob.glob(glob.escape(self.root) + '/**/cur', recursive=True):
            path = os.path.dirname(cur)
            here = ours[os.path.relpath(path, self.root)] = []
            for file in glob.glob(glob.escape(path) + '/[cn][ue][rw]/*'):
                with open(file, 'rb') as f:
                    here.append((file, f.read()))
        return theirs, ours

    def judge(self):
        """Messages lost, twice and altered, over both sides; the clean end is the new base."""
        theirs, ours = self.read()
        self.details = []
        lost = twice = altered = 0
        for folder, held in self.known.items():
            want = collections.Counter([self.number[m.digest] for m in held.values() if m.on_server and m.on_disk] +
                                       [self.number[d] for d, _, _ in self.new[folder]])
            for found in theirs, ours:
                datas = [one[1] for one in found.get(folder, [])]
                got = collections.Counter(map(number, datas))
                for word, odd in ('lost', want - got), ('twice', got - want):
                    for n in odd:
                        self.details.append(f'{word}: {n} in {folder} of the ' + ('server: ' if found is theirs else 'disk: ') +
                                            ', '.join(str(one[:1] + one[2:]) for one in found.get(folder, [])
                                                      if number(one[1]) == n))
                lost += sum((want - got).values())
                twice += sum((got - want).values())
                for d in map(digest, datas):
                    altered += d not in self.number
                for data in datas:
                    self.number.setdefault(digest(data), number(data))
        if lost == twice == 0:
            self.accept(theirs, ours)
        return lost, twice, altered

    def accept(self, theirs, ours):
        for folder in self.known:
            files = collections.defaultdict(list)
            for file, data in ours.get(folder, []):
                files[number(data)].append(file)
            self.known[folder], self.new[folder] = {}, []
            for uid, data, flags, date in theirs.get(folder, []):
                # of twins each has its own
                twins = files[number(data)]
                file = next((f for f in twins if re.search(rf',U={uid}\b', os.path.basename(f))), None) or twins[-1]
                twins.remove(file)
                letters = file.partition(':2,')[2]
                m = self.known[folder][uid] = world.Message(
                    digest(data), date, flags, (), ''.join(c for c in letters if c not in world.FLAGS), file)
                m.local = frozenset(c for c in letters if c in world.FLAGS)


def disturbed(w, seconds, size):
    """A run that is stopped; by which means, and whether it was."""
    means = [m for m in ('kill', 'cut') if getattr(a, m)]
    if not means:
        return 0
    if w.random.choice(means) == 'kill':
        return w.run(until=w.random.uniform(.005, seconds))[0] != 0
    way = w.random.choice(['up', 'down'])
    w.relay.let(way, w.random.randint(1, size[way]), dead=w.random.random() < .5)
    status = w.run()[0]
    w.relay.let()
    return status != 0


count = collections.Counter()
seconds, size, w = 1.0, {'up': 2000, 'down': 20000}, None
for r in range(a.rounds):
    if w is None:
        w = Peers(a.port, a.user, os.path.join(a.home, f'from{r}'), a.seed * 1000 + r, '/', not a.no_uidplus,
                  parents=a.parents)
        w.once = True
        w.configure()
    w.begin()
    w.changes(w.random.randint(1, a.changes))
    for _ in range(2):
        count['stopped'] += disturbed(w, seconds, size)
    for _ in range(3):
        w.relay.let()
        began = time.time()
        status, said = w.run()
        if status == 0:
            seconds, size = max(.1, time.time() - began), {way: max(500, n) for way, n in w.relay.passed.items()}
            break
    else:
        count['failed'] += 1
        print(f'round {r}: status {status} after three undisturbed runs:\n{said}', file=sys.stderr)
    found = dict(zip(('lost', 'twice', 'altered'), w.judge()))
    for word, n in found.items():
        count[word] += n
        count[word + ' rounds'] += n != 0
    if found['lost'] or found['twice']:
        print(f'round {r}: {found}', *w.details, f'its home is {w.home}', sep='\n', file=sys.stderr)
        # what comes of it later is not counted again
        w.wipe()
        w.relay.close()
        w = None
bad = {word: f'{count[word]} {word}' + (f' in {n} rounds' if (n := count[word + ' rounds']) else '')
       for word in ('lost', 'twice', 'altered')}
print(f'{a.tool}: {a.rounds} rounds, {count["stopped"]} runs stopped: ' + ', '.join(bad.values()) +
      (f', {count["failed"]} never ended well' if count['failed'] else ''))
sys.exit(any(count[word] for word in bad))
