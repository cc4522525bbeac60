/*
 * A line to a far server: a relay on loopback that delays, limits, cuts and
 * counts; t/bench/README.md.
 *
 *   relay [-d MS] [-r BYTES] [-u BYTES] [-c BYTES] LISTENPORT SERVERPORT
 *
 *   -d   milliseconds one way, fractions too
 *   -r   bytes a second each way, all connections together
 *   -u   a connection is reset after so many bytes to the server,
 *   -c   or so many from the server
 *
 * LISTENPORT 0 is any; "port N" on standard output says that it listens.  At
 * SIGTERM it waits until the last bytes have arrived, and prints what it
 * counted:
 *
 *   connections=N up=BYTES down=BYTES turns=N longest=N
 *
 * A turn: the client spoke after it had heard an answer to what it had said the
 * turn before.  So a turn takes a round trip at least, and pipelining has none.
 * "longest" is the most turns of one connection.
 *
 * A connection costs what TCP's own handshake would: the server learns of it
 * after three delays, and its greeting is heard after four.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"
#include "number.h"

#define CONNS	64
#define MS	1000000		/* nanoseconds */
#define SECOND	1000000000
#define PARTING	(2 * (int64_t)SECOND)	/* for the last bytes, at SIGTERM */

/* What the client is in the middle of; see turn_up and turn_down. */
enum talk { WAITS, ASKED, ANSWERED, HEARD };

struct conn {
	int		 client, server;	/* server: -1 until it is to learn of us */
	struct flow	 up, down;
	enum talk	 talk;
	uint64_t	 mark;		/* the byte up or down that ends this state by arriving */
	unsigned long	 turns;
};

struct relay {
	int		 listener;
	struct sockaddr_in server;
	struct wire	 up, down;
	struct conn	*conns[CONNS];
	int		 n;
	unsigned long	 connections, turns, longest;
};

static volatile sig_atomic_t stop;

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

/* The client has said something: bytes from "before" on. */
static void
turn_up(struct conn *c, uint64_t before)
{
	if (c->talk != HEARD)
		return;
	c->turns++;
	c->talk = ASKED;
	c->mark = before;
}

/* Something has arrived somewhere, or the server has said something from "before" on. */
static void
turn_down(struct conn *c, uint64_t before)
{
	if (c->talk == ASKED && c->up.out > c->mark)
		c->talk = WAITS;
	if (c->talk == WAITS && c->down.in > before) {
		c->talk = ANSWERED;
		c->mark = before;
	}
	if (c->talk == ANSWERED && c->down.out > c->mark)
		c->talk = HEARD;
}

static void
conn_end(struct relay *r, int i, int reset)
{
	static const struct linger hard = { 1, 0 };
	struct conn *c = r->conns[i];

	if (reset)
		setsockopt(c->client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (reset && c->server != -1)
		setsockopt(c->server, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(c->client);
	if (c->server != -1)
		close(c->server);
	r->turns += c->turns;
	if (c->turns > r->longest)
		r->longest = c->turns;
	flow_free(&c->up);
	flow_free(&c->down);
	free(c);
	r->conns[i] = r->conns[--r->n];
}

static void
nodelay(int fd)
{
	static const int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void
conn_begin(struct relay *r)
{
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
	struct conn *c;

	if (fd == -1)
		return;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, "calloc");
	nodelay(fd);
	c->client = fd;
	c->server = -1;
	c->talk = WAITS;
	flow_init(&c->up, &r->up, flow_now() + 3 * r->up.delay);
	flow_init(&c->down, &r->down, 0);
	r->conns[r->n++] = c;
	r->connections++;
}

/* The server learns of the connection. */
static int
conn_reach(const struct relay *r, struct conn *c)
{
	if ((c->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		err(1, "socket");
	nodelay(c->server);
	return connect(c->server, (const struct sockaddr *)&r->server, sizeof(r->server));
}

/* Moves what can be moved: 0, 1 if the connection broke or is to be cut, -1 if it is over. */
static int
conn_move(const struct relay *r, struct conn *c, int from_client, int from_server)
{
	uint64_t up = c->up.in, down = c->down.in;

	if (c->server == -1 && flow_now() >= c->up.not_before && conn_reach(r, c) == -1)
		return 1;
	if (from_client && flow_room(&c->up)) {
		if (flow_take(&c->up, c->client) == -1)
			return 1;
		if (c->up.in > up)
			turn_up(c, up);
	}
	if (c->server == -1)
		return 0;
	if (from_server && flow_room(&c->down) && flow_take(&c->down, c->server) == -1)
		return 1;
	if (flow_give(&c->up, c->server) != 0 || flow_give(&c->down, c->client) != 0)
		return 1;
	turn_down(c, down);
	return c->up.ended && c->down.ended ? -1 : 0;
}

/* What to wait for on the socket that a flow reads from and the one it writes to. */
static void
interest(const struct flow *f, struct pollfd *from, struct pollfd *to, int64_t now, int64_t *wake)
{
	int64_t due = flow_due(f);

	if (flow_room(f))
		from->events |= POLLIN;
	if (due <= now)
		to->events |= POLLOUT;
	else if (due < *wake)
		*wake = due;
}

/* Waits for sockets, the next arrival, a signal, or the time "until". */
static void
await(const struct relay *r, struct pollfd *p, const sigset_t *mask, int64_t until)
{
	int64_t now = flow_now(), wake = until;
	struct timespec t, *tp = NULL;
	const struct conn *c;
	nfds_t n = 1 + 2 * (nfds_t)r->n;
	int i;

	p[0] = (struct pollfd){ .fd = stop || r->n == CONNS ? -1 : r->listener, .events = POLLIN };
	for (i = 0; i < r->n; i++) {
		c = r->conns[i];
		p[1 + 2 * i] = (struct pollfd){ .fd = c->client };
		p[2 + 2 * i] = (struct pollfd){ .fd = c->server };
		interest(&c->down, &p[2 + 2 * i], &p[1 + 2 * i], now, &wake);
		if (c->server != -1)
			interest(&c->up, &p[1 + 2 * i], &p[2 + 2 * i], now, &wake);
		else {
			p[1 + 2 * i].events |= flow_room(&c->up) ? POLLIN : 0;
			wake = c->up.not_before < wake ? c->up.not_before : wake;
		}
	}
	/* A socket that ended says so again and again: nobody asks it. */
	for (i = 1; i <= 2 * r->n; i++)
		if (p[i].events == 0)
			p[i].fd = -1;
	if (wake != FLOW_NEVER) {
		wake = wake > now ? wake - now : 0;
		t = (struct timespec){ wake / SECOND, wake % SECOND };
		tp = &t;
	}
	if (ppoll(p, n, tp, mask) == -1) {
		if (errno != EINTR)
			err(1, "ppoll");
		for (i = 0; i <= 2 * r->n; i++)
			p[i].revents = 0;
	}
}

static void
relay_run(struct relay *r, const sigset_t *mask)
{
	struct pollfd p[1 + 2 * CONNS];
	int64_t until = FLOW_NEVER;
	int i, over;

	for (;;) {
		if (stop && until == FLOW_NEVER)
			until = flow_now() + PARTING + 4 * r->up.delay;
		if (stop && (r->n == 0 || flow_now() >= until))
			break;
		await(r, p, mask, until);
		/* From the last: what ends is replaced by what has been seen to. */
		for (i = r->n - 1; i >= 0; i--) {
			over = conn_move(r, r->conns[i], p[1 + 2 * i].revents, p[2 + 2 * i].revents);
			if (over != 0)
				conn_end(r, i, over == 1);
		}
		if (p[0].revents & POLLIN)
			conn_begin(r);
	}
	while (r->n != 0)
		conn_end(r, 0, 1);
}

static int
listen_on(unsigned short port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)&a, n) == -1 || listen(fd, CONNS) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) == -1)
		err(1, "port %d", port);
	printf("port %d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char *argv[])
{
	struct sigaction act = { .sa_handler = on_term };
	struct relay r = { .n = 0 };
	sigset_t term, mask;
	int ch;

	while ((ch = getopt(argc, argv, "c:d:r:u:")) != -1) {
		if (ch == 'd')
			r.up.delay = r.down.delay = (int64_t)(number(optarg, 60000) * MS);
		else if (ch == 'r')
			r.up.rate = r.down.rate = (uint64_t)number(optarg, 1e12);
		else if (ch == 'u')
			r.up.cut = (uint64_t)number(optarg, 1e15);
		else if (ch == 'c')
			r.down.cut = (uint64_t)number(optarg, 1e15);
		else
			return 2;
	}
	if (argc - optind != 2)
		errx(2, "usage: relay [-d ms] [-r bytes] [-u bytes] [-c bytes] listenport serverport");
	/* The signal comes in ppoll only, so that it is never missed. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &mask);
	sigdelset(&mask, SIGTERM);
	sigaction(SIGTERM, &act, NULL);
	/* Without this the kernel wakes us up to 50 microseconds late. */
	prctl(PR_SET_TIMERSLACK, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	r.listener = listen_on((unsigned short)number(argv[optind], 65535));
	r.server = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons((unsigned short)number(argv[optind + 1], 65535)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	relay_run(&r, &mask);
	printf("connections=%lu up=%llu down=%llu turns=%lu longest=%lu\n", r.connections,
	    (unsigned long long)r.up.bytes, (unsigned long long)r.down.bytes, r.turns, r.longest);
	return fflush(stdout) == 0 ? 0 : 1;
}
