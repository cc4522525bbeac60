/* COMPRESS=DEFLATE (RFC 4978); see bulk.h. */
#include "net/bulk.h"

#include <sys/socket.h>

#include "net/talk.h"
#include "net/zip.h"

int
bulk_due(struct bulk *b)
{
	char word[64];

	if (b->ctl != -1 && !b->told)
		b->told = recv(b->ctl, word, sizeof(word), MSG_DONTWAIT) > 0;
	if (!b->offered)
		return 0;
	return b->forced || (b->allowed && b->told && b->turn >= BULK_TURN);
}

int
bulk_start(struct bulk *b, struct chan **c, const struct net_server *s, struct buf *rest,
    struct err *e)
{
	enum talk_reply r;
	const char *p;
	struct talk t;
	size_t n;

	b->offered = 0;
	talk_init(&t, s, *c, b->trace);
	r = talk_command(&t, "COMPRESS DEFLATE", e);
	*c = talk_chan(&t);
	n = line_rest(&t.line, &p);
	/* what follows a yes is compressed already */
	if (r == TALK_OK)
		*c = zip_open(*c, p, n);
	else if (r != TALK_ERROR)
		buf_put(rest, p, n);
	talk_free(&t);
	return r == TALK_ERROR ? -1 : 0;
}
