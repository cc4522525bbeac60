"""What --scenario of disturbed.py can be: what is configured from the disturbed run on, what the
model is to know of it, and what is to happen once all is allowed again."""
import os
from world import Wrong


class Scenario:
    """A sync like any other, but for what is named:

    rules      of World, while this is configured
    later      options of one more sync, without this configuration if there are none: then all that
               had to wait is done
    options    of the driver
    start      what is made before the first sync
    first      that sync, if it is another program's
    always     it is configured before the first sync, too
    change     what happens before the disturbed run, beside the usual
    between    and between that run and the next
    after      and before the later one
    without    of the usual changes
    command    what is disturbed, if it is not the driver; it is run again, and then the driver
    ready      what is run before that
    statuses   of a run that has done all it may
    small, sep, tuid, flags    of World
    general, account, remote, local    lines of the configuration"""
    rules, later, options, statuses = (), None, (), (0,)
    start = first = change = between = after = command = ready = None
    without, always = (), False
    small, sep, tuid, flags = False, '.', False, 'DFRST'

    def __init__(self, **what):
        self.conf = {part: what.pop(part) + '\n' for part in ('general', 'account', 'remote', 'local') if part in what}
        vars(self).update(what)


def marked(w):
    """Messages that both sides have with the mark for deletion."""
    for _ in range(4):
        w.append('INBOX', w.text(), frozenset('T'), w.date())


def undeleted(w):
    """It is taken back on one side or on both, some of it with another flag."""
    both = [(uid, m) for uid, m in sorted(w.known['INBOX'].items())
            if 'T' in m.remote and 'T' in m.local and m.on_server and m.on_disk]
    for n, (uid, m) in enumerate(both):
        for flag in 'T' if n % 2 else 'TF':
            if n != 1:
                w.store('INBOX', uid, m, flag)
            if n != 0:
                w.renamed(m, flags=m.local ^ {flag})
                m.local ^= {flag}


def unmarked(w):
    """What was deleted on disk, and is only marked on the server, loses its mark there."""
    for _ in range(4):
        w.local_delete()
    status, said = w.sync()
    if status != 0:
        raise Wrong(said)
    w.check()
    w.begin()
    marked = [(folder, uid, m) for folder in sorted(w.known) for uid, m in sorted(w.known[folder].items()) if not m.on_disk]
    for folder, uid, m in marked[1:]:
        w.store(folder, uid, m, 'T')
    w.store(*marked[-1], 'F')


def here(w):
    for _ in range(5):
        w.append('INBOX', w.text(), w.flags() - {'T'}, w.date())


def put_away(w):
    """Files taken out of the Maildir."""
    os.mkdir(w.home + '/away')
    for m in [m for _, m in sorted(w.known['INBOX'].items()) if not m.keywords and 'T' not in m.local][-5:]:
        os.rename(m.name, f'{w.home}/away/{os.path.basename(m.name)}')
        m.on_disk, m.frozen = False, True


def put_back(w):
    """And into it again, as they were: whatever has become of them on the server, they are wanted."""
    for uid, m in sorted(w.known['INBOX'].items()):
        away = m.name and f'{w.home}/away/{os.path.basename(m.name)}'
        if away and os.path.exists(away):
            os.rename(away, os.path.join(w.here('INBOX'), os.path.basename(os.path.dirname(m.name)), os.path.basename(away)))
            del w.known['INBOX'][uid]
            w.new['INBOX'].append((m.digest, m.local, m.date))


def large(w):
    """Files that the server does not take (its limit is 20 kB), among others that it does."""
    for n in range(2):
        w.deliver('INBOX', w.text(), frozenset(), w.date())
        w.deliver('INBOX', w.text() + b'x' * 30000 + b'\n', frozenset('S'), w.date())
        w.refused.add(w.new['INBOX'][-1][0])


def cut_down(w):
    """They are made small, each time alike."""
    for digest, flags, date, _, _, path in sorted(w.disk()['INBOX'], key=lambda file: file[0]):
        if digest in w.refused:
            w.new['INBOX'].remove((digest, flags, date))
            os.unlink(path)
            w.deliver('INBOX', w.text(), flags, date)
    w.refused.clear()


def mbsync(w):
    """mbsync's first sync."""
    with open(w.home + '/.mbsyncrc', 'w') as f:
        f.write(f'IMAPAccount far\nHost 127.0.0.1\nPort {w.port}\nUser {w.user}\nPass pw\nSSLType None\nAuthMechs LOGIN\n\n'
                f'IMAPStore far\nAccount far\n\n'
                f'MaildirStore near\nPath {w.root}/\nInbox {w.root}/INBOX\nSubFolders Verbatim\n\n'
                'Channel c\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\nCopyArrivalDate yes\n')
    os.makedirs(w.root, exist_ok=True)
    return w.command('mbsync', '-q', '-a')


# A copied or moved file still has the number by which mbsync knew the original.
MBSYNC = {'first': mbsync, 'small': True, 'without': ('local_copy', 'local_move'), 'sep': '/', 'tuid': True, 'flags': 'DFRS'}
IMPORT = 'sync-state', 'import', 'mbsync'

SCENARIOS = {
    'plain': Scenario(),
    'expunge': Scenario(remote='expunge = no', rules=['server marks']),
    'nodelete-remote': Scenario(remote='sync_deletes = no', rules=['disk keeps'], later=[]),
    'nodelete-local': Scenario(local='sync_deletes = no', rules=['server keeps'], later=[]),
    'readonly-remote': Scenario(remote='readonly = yes', rules=['server fixed'], later=[]),
    'readonly-local': Scenario(local='readonly = yes', rules=['disk fixed', 'disk names'], later=[]),
    'archive': Scenario(local='archive = yes', rules=['disk keeps']),
    'held': Scenario(account='maxdelete = 0,0', rules=['server keeps', 'disk keeps'], later=['--allow-delete']),
    'allowed': Scenario(account='maxdelete = 0,0', options=['--allow-delete']),
    'refused': Scenario(change=large, after=cut_down, later=[], small=True, statuses=(0, 1)),
    'undelete': Scenario(start=marked, change=undeleted),
    'unmarked': Scenario(remote='expunge = no', rules=['server marks'], always=True, change=unmarked),
    'restore': Scenario(start=here, change=put_away, between=put_back),
    'import': Scenario(command=IMPORT, **MBSYNC),
    'imported': Scenario(ready=IMPORT, **MBSYNC),
}
