#!/usr/bin/env python3
"""courier.py TREE DIR: Courier on loopback, from unpacked packages (t/unpack.sh).

Debian's Courier runs here as one authenticated session on standard input and output;
this is the login in front of it, for any user with the password "pw": DIR/USER/Maildir
holds the mail.  Writes DIR/port and serves until it is killed."""
import os, re, shutil, socket, socketserver, subprocess, sys, threading

CAPS = ('IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT '
        'QUOTA IDLE')
tree, top = map(os.path.abspath, sys.argv[1:])


def session(user):
    home = os.path.join(top, user)
    maildir = os.path.join(home, 'Maildir')
    lib = f'{tree}/usr/lib:{tree}/usr/lib/x86_64-linux-gnu'
    env = dict(os.environ, LD_LIBRARY_PATH=lib, AUTHENTICATED=user, AUTHADDR=user,
               AUTHUSER=f'{tree}/usr/lib/courier/courier/imaplogin', MAILDIRPATH='Maildir',
               IMAP_CAPABILITY=CAPS, IMAP_EMPTYTRASH='', IMAP_USELOCKS='0', IMAP_MAXCMDS='0',
               TCPREMOTEIP='127.0.0.1', PROTOCOL='IMAP', IMAP_ENHANCEDIDLE='0')
    if not os.path.isdir(maildir):
        os.makedirs(home, exist_ok=True)
        subprocess.run([f'{tree}/usr/bin/maildirmake.courier', maildir], env=env, check=True)
    return subprocess.Popen([f'{tree}/usr/bin/imapd', maildir], cwd=home, env=env,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, bufsize=0)


class Handler(socketserver.StreamRequestHandler):
    rbufsize = 0
    disable_nagle_algorithm = True

    def login(self):
        """The user who logs in, or None."""
        self.wfile.write(b'* OK Courier-IMAP ready\r\n')
        while line := self.rfile.readline().decode().rstrip('\r\n'):
            tag, _, command = line.partition(' ')
            if found := re.fullmatch(r'LOGIN "?([\w.]+)"? "?pw"?', command, re.I):
                self.wfile.write(f'{tag} OK LOGIN Ok.\r\n'.encode())
                return found[1]
            if command.upper() == 'CAPABILITY':
                self.wfile.write(f'* CAPABILITY {CAPS}\r\n{tag} OK CAPABILITY completed\r\n'.encode())
            else:
                self.wfile.write(f'{tag} NO Log in first.\r\n'.encode())
        return None

    def down(self, child):
        # It complains of a missing file monitor before its own greeting: neither is for the client.
        while not (line := child.stdout.readline()).startswith(b'* PREAUTH') and line:
            pass
        try:
            shutil.copyfileobj(child.stdout, self.wfile, 65536)
            self.request.shutdown(socket.SHUT_WR)
        except OSError:
            child.kill()

    def handle(self):
        if not (user := self.login()):
            return
        child = session(user)
        pump = threading.Thread(target=self.down, args=(child,))
        pump.start()
        try:
            shutil.copyfileobj(self.rfile, child.stdin, 65536)
        except OSError:
            pass
        child.stdin.close()
        pump.join()
        child.wait()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


with Server(('127.0.0.1', 0), Handler) as server:
    os.makedirs(top, exist_ok=True)
    with open(top + '/port.new', 'w') as f:
        f.write(f'{server.server_address[1]}\n')
    os.rename(top + '/port.new', top + '/port')
    server.serve_forever()
