/* Choosing a rung. */
#include "imap/rung.h"

#define SMALL		16		/* messages that are fetched in fewer bytes than searched */
#define ESEARCH_MAX	1000000u	/* messages of a folder that is searched: the answer is one response */
#define SEARCH_MAX	100000u		/* the same where a response is a list of numbers */

int
rung_condstore(const struct imap *im)
{
	return imap_has(im, "CONDSTORE") || (imap_has(im, "QRESYNC") && !imap_off(im, "CONDSTORE"));
}

int
rung_qresync(const struct imap *im)
{
	return imap_has(im, "QRESYNC") && imap_has(im, "ENABLE") && rung_condstore(im);
}

int
rung_enable(struct imap *im)
{
	struct imap_done none = { NULL, NULL };

	if (!rung_qresync(im) || imap_enabled(im, "QRESYNC"))
		return 0;
	imap_begin(im, none);
	imap_put(im, "ENABLE QRESYNC");
	imap_end(im);
	return 1;
}

static int
allowed(const struct rung_folder *f, enum rung rung)
{
	return f->limit == RUNG_ANY || rung <= f->limit;
}

enum rung
rung_choose(const struct imap *im, const struct rung_folder *f)
{
	if (f->delta && allowed(f, RUNG_QRESYNC) && rung_qresync(im) && imap_enabled(im, "QRESYNC"))
		return RUNG_QRESYNC;
	if (f->delta && allowed(f, RUNG_CONDSTORE) && rung_condstore(im) && (!f->search ||
	    f->rows <= (imap_has(im, "ESEARCH") ? ESEARCH_MAX : SEARCH_MAX)))
		return RUNG_CONDSTORE;
	return rung_full(im, f);
}

/*
 * Flags by SEARCH only where the answers say which question they belong to (ESEARCH):
 * a server may answer pipelined questions in another order, and \Seen
 * taken for \Deleted would cost mail.
 */
enum rung
rung_full(const struct imap *im, const struct rung_folder *f)
{
	return allowed(f, RUNG_SEARCH) && imap_has(im, "ESEARCH") && f->rows > SMALL &&
	    f->rows <= ESEARCH_MAX ? RUNG_SEARCH : RUNG_PLAIN;
}
