"""A relay to a server that cuts or stalls its connections, for cut.py and survive.py."""
import os, select, socket, threading


class Relay:
    """Passes on what comes on its port, all connections together so many bytes of one direction."""
    def __init__(self, port):
        self.to, self.listener = port, socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.wake, self.woken = os.pipe()
        self.let()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def let(self, direction=None, n=0, stall=False, dead=False):
        """What the next connections may do; dead: once one is cut there are no others."""
        self.direction, self.left, self.stall, self.dead = direction, n, stall, dead
        self.passed = {'up': 0, 'down': 0}
        self.met = False

    def close(self):
        os.close(self.woken)
        self.thread.join()
        os.close(self.wake)
        self.listener.close()

    def work(self):
        other, way, stalled = {}, {}, set()

        def end(*socks):
            for s in socks:
                for x in s, other.get(s):
                    if x and x.fileno() != -1:
                        stalled.discard(x)
                        other.pop(x, None)
                        x.close()

        while True:
            ready, _, _ = select.select([self.wake, self.listener, *(s for s in other if s not in stalled)], [], [])
            if self.wake in ready:
                return end(*list(other))
            for s in ready:
                if s is self.listener:
                    client = s.accept()[0]
                    if self.met and self.dead:
                        client.close()
                        continue
                    server = socket.create_connection(('127.0.0.1', self.to))
                    for x in client, server:
                        x.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    other.update({client: server, server: client})
                    way.update({client: 'up', server: 'down'})
                elif s in other and not self.pass_on(s, other[s], way[s]):
                    if self.met and self.stall:
                        # what comes from there waits; the other direction goes on
                        stalled.add(s)
                    elif self.met and self.dead:
                        end(*list(other))
                    else:
                        end(s)

    def pass_on(self, source, target, way):
        """1 if the connection goes on."""
        limited = way == self.direction
        if limited and self.met and self.stall:
            return False
        try:
            data = source.recv(self.left if limited and not self.met and self.left < 65536 else 65536)
            target.sendall(data)
        except OSError:
            return False
        self.passed[way] += len(data)
        if limited and not self.met:
            self.left -= len(data)
            if self.left == 0 and data:
                self.met = True
                return False
        return bool(data)
