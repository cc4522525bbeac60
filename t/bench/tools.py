"""The synchronizers that are compared: configuration, command, what to say about them."""
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Setup:
    """What a tool is to do: an account behind a port, a home of its own."""

    def __init__(self, home, user, port, tls=False, fsync=True, ca=None):
        self.home, self.user, self.port = home, user, port
        self.tls, self.fsync, self.ca = tls, fsync, ca
        self.host = 'localhost' if tls else '127.0.0.1'
        self.maildir = os.path.join(home, 'Mail')


def write(setup, text, name='rc'):
    os.makedirs(setup.home, exist_ok=True)
    path = os.path.join(setup.home, name)
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def first_line(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.partition('\n')[0]


def offlineimap_rc(setup, extra):
    ssl = f'ssl = yes\nsslcacertfile = {setup.ca}' if setup.tls else 'ssl = no\nstarttls = no'
    return write(setup, f'''[general]
accounts = Bench
metadata = {setup.home}/metadata
fsync = {setup.fsync}

[Account Bench]
localrepository = Local
remoterepository = Remote

[Repository Local]
type = Maildir
localfolders = {setup.maildir}
sep = /

[Repository Remote]
type = IMAP
{ssl}
remotehost = {setup.host}
remoteport = {setup.port}
remoteuser = {setup.user}
remotepass = pw
{extra}''')


class This:
    name, label = 'this', 'this'
    note = 'its defaults'
    can_tls = can_big = True

    def path(self):
        # "make SAN=1" builds elsewhere.
        path = os.path.join(ROOT, 'build', *(['san'] if os.environ.get('SAN') else []), 'bin', 'offlineimap')
        return path if os.access(path, os.X_OK) else None

    def version(self):
        return first_line(self.path(), '--version').split()[-1]

    def command(self, setup):
        return [self.path(), '-o', '-u', 'quiet', '-c', offlineimap_rc(setup, '')]


class Mbsync:
    name, label = 'mbsync', 'mbsync'
    note = 'its defaults (PipelineDepth unlimited, one connection); Patterns *, Create Both, Expunge Both'
    can_tls = can_big = True

    def path(self):
        return shutil.which('mbsync')

    def version(self):
        return first_line('mbsync', '--version').split()[-1]

    def command(self, setup):
        ssl = f'SSLType IMAPS\nCertificateFile {setup.ca}' if setup.tls else 'SSLType None\nAuthMechs LOGIN'
        fsync = '' if setup.fsync else 'FSync no\n\n'
        rc = write(setup, f'''{fsync}IMAPAccount far
Host {setup.host}
Port {setup.port}
User {setup.user}
Pass pw
{ssl}

IMAPStore far
Account far

MaildirStore near
Path {setup.maildir}/
Inbox {setup.maildir}/INBOX
SubFolders Verbatim

Channel bench
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
''')
        os.makedirs(setup.maildir, exist_ok=True)
        return ['mbsync', '-q', '-q', '-c', rc, '-a']


class OfflineImap:
    name, label = 'offlineimap', 'OfflineIMAP'
    note = 'its defaults but maxconnections = 3 and fsync = True (as this project has by default)'
    can_tls, can_big = True, False

    def path(self):
        path = '/usr/bin/offlineimap'
        return path if os.access(path, os.X_OK) else None

    def version(self):
        line = first_line(self.path(), '--version')
        return re.search(r'[\d.]+', line)[0]

    def command(self, setup):
        mechanisms = '' if setup.tls else 'auth_mechanisms = LOGIN\n'
        return [self.path(), '-o', '-u', 'quiet', '-c', offlineimap_rc(setup, mechanisms + 'maxconnections = 3\n')]


class InterImap:
    name, label = 'interimap', 'interimap'
    note = ('its defaults; it speaks IMAP on both sides, so a local Dovecot (doveadm exec imap) writes its '
            'Maildir and is counted with it')
    can_tls = can_big = True

    def path(self):
        return shutil.which('interimap')

    def version(self):
        return first_line('interimap', '--version').split()[-1]

    def local(self, setup):
        """The command that serves the Maildir."""
        os.makedirs(setup.maildir, exist_ok=True)
        rc = write(setup, f'''ssl = no
mail_location = maildir:{setup.maildir}:INBOX={setup.maildir}/INBOX:LAYOUT=fs
first_valid_uid = 0
first_valid_gid = 0
mail_fsync = {'optimized' if setup.fsync else 'never'}
log_path = /dev/stderr
namespace {{
  inbox = yes
  separator = /
}}
''', 'dovecot.conf')
        serve = f'/usr/bin/doveadm -c {rc} exec imap'
        if os.geteuid() != 0:
            return f'exec env -i HOME={setup.home} USER={os.environ.get("USER", "user")} {serve}'
        # Dovecot does not serve root on a socket.
        shutil.chown(setup.maildir, 'nobody')
        os.chmod(rc, 0o644)
        return (f'exec setpriv --reuid=nobody --regid=nogroup --clear-groups '
                f'env -i HOME={setup.home} USER=nobody {serve}')

    def command(self, setup):
        ssl = (f'type = imaps\nSSL_CAfile = {setup.ca}\nSSL_verify = YES' if setup.tls else
               'type = imap\nSTARTTLS = NO\nauth = LOGIN')
        rc = write(setup, f'''database = {setup.home}/interimap.db

[local]
type = tunnel
command = {self.local(setup)}

[remote]
{ssl}
host = {setup.host}
port = {setup.port}
username = {setup.user}
password = pw
''')
        return ['interimap', '--quiet', f'--config={rc}']


def installed(wanted):
    """The tools that are there, of those wanted (all for None)."""
    all_tools = [This(), Mbsync(), OfflineImap(), InterImap()]
    names = [t.name for t in all_tools]
    for name in wanted or ():
        if name not in names:
            raise SystemExit(f'bench: no tool "{name}"; there are {", ".join(names)}')
    return [t for t in all_tools if (not wanted or t.name in wanted) and t.path()]
