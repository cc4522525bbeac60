/* How a session ends: who has gone, how long the server may be silent, what is said of it. */
#include <string.h>

#include "base/io.h"
#include "net/bye.h"
#include "net/relaying.h"

#define PARTING	2000		/* milliseconds for the last bytes when the client has ended */

static const char logout[] = "imap-connect LOGOUT\r\n";

/* 1 if all that is left to do is to part from the server. */
static int
parting(const struct relay *r)
{
	return r->client_eof && (r->client_gone || (r->asked_out && !watch_waits(&r->watch)));
}

int64_t
relay_patience(const struct relay *r)
{
	int64_t left;

	if (parting(r))
		left = r->last + PARTING - io_now();
	else if (r->srv->timeout == 0 || r->down.len == HOLD || r->server_eof ||
	    (r->up.len == 0 && !watch_waits(&r->watch)))
		return -1;
	else
		left = r->last + r->srv->timeout - io_now();
	return left < 0 ? 0 : left;
}

/*
 * 1 if the peer has acknowledged some of what the kernel still held for it when this was
 * last asked: the end of a large upload takes its time on a thin line.
 */
static int
draining(struct relay *r)
{
	int left = chan_queued(r->chan);

	/* the last of it may have gone a moment ago: nothing left is news, too, once */
	if (left == -1 || left == r->queued)
		return 0;
	r->queued = left;
	r->last = io_now();
	return 1;
}

int
relay_stuck(struct relay *r)
{
	return parting(r) || !draining(r);
}

/*
 * The client has ended: says LOGOUT unless that could end up inside a message.  Only when its last
 * answer is here: Dovecot, where its login process does the TLS, drops what has not gone by then.
 */
static void
part(struct relay *r)
{
	if (watch_waits(&r->watch) && !r->client_gone)
		return;
	if (r->asked_out || r->watch.logout || r->server_dead || !watch_up_clean(&r->watch) ||
	    HOLD - r->up.len < sizeof(logout) - 1)
		return;
	hold_put(&r->up, logout, sizeof(logout) - 1);
	r->asked_out = 1;
}

int
relay_deserted(const struct relay *r)
{
	return r->client_gone && r->insock && r->outsock && !r->watch.logout &&
	    (watch_waits(&r->watch) || !watch_up_clean(&r->watch));
}

int
relay_over(struct relay *r)
{
	if (r->server_eof)
		return r->down.len == 0 || r->client_gone;
	if (!r->client_eof || r->up.len != 0)
		return 0;
	part(r);
	if (r->up.len != 0)
		return 0;
	/* With nobody to read an answer, or none to come, there is nothing to wait for. */
	return r->client_gone || (!r->asked_out && !r->watch.logout && !watch_waits(&r->watch));
}

int
relay_silent(struct relay *r, struct err *e)
{
	if (parting(r))
		return 0;
	err_again(e, "Connection to host " NET_FMT ": no byte for %d seconds while an answer was due",
	    NET_ARG(r->srv), r->srv->timeout / 1000);
	if (r->down.len == 0 && watch_down_clean(&r->watch))
		net_bye(r->out, e->text);
	return -1;
}

int
relay_verdict(struct relay *r, struct err *e)
{
	/* The farewell itself may be missing. */
	if (!r->server_eof || r->asked_out || (r->watch.logout && r->watch.open <= 1))
		return 0;
	if (r->watch.bye[0] != '\0')
		return err_again(e, "Connection to host " NET_FMT ": the server ended it: %.200s",
		    NET_ARG(r->srv), r->watch.bye);
	return err_again(e, "Connection to host " NET_FMT ": the server closed it%s%s",
	    NET_ARG(r->srv), watch_waits(&r->watch) ? " while an answer was due" : "",
	    chan_wire(r->chan)->why[0] != '\0' ? " (broken TLS)" :
	    r->chan->why[0] != '\0' ? " (damaged compression)" : "");
}

int
relay_broken(struct relay *r, struct err *e)
{
	*e = r->fault;
	if (r->down.len == 0)
		net_bye(r->out, e->text);
	return -1;
}
