/* imap-list over a stream of pairs: read it all, then ask and print as the answers come. */
#include "imap/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/listing_run.h"

/* A folder is answered: what is known up to there goes out. */
static int
answered(void *arg, struct ask *a, struct err *e)
{
	(void)a;
	return listing_print(arg, NULL, e);
}

static int
ask_server(struct listing_run *run, struct err *e)
{
	struct ask_news news = { answered, run };
	struct ask **asks = mem_alloc(run->npairs * sizeof(struct ask *));
	struct imap im;
	unsigned how = 0;
	size_t i;
	int r;

	for (i = 0; i < run->npairs; i++) {
		asks[i] = run->pairs[i].ask;
		if (asks[i]->all == ASK_FULL)
			how = IMAP_BULK;
	}
	r = imap_ask_for(&im, run->l->transport, run->l->timeout, how, e);
	if (r == 0)
		r = imap_take(&im, e);
	im.trace = run->l->trace;
	im.off = run->l->off;
	if (r == 0 && (r = listing_climb(run, &im)) == 0)
		r = ask_all(&im, asks, run->npairs, run->l->utf8, &news);
	if (r == -1 && im.err.status != 0)
		*e = im.err;
	imap_close(&im);
	free(asks);
	return r;
}

static void
run_free(struct listing_run *run)
{
	size_t i;

	for (i = 0; i < run->npairs; i++) {
		free(run->pairs[i].local);
		free(run->pairs[i].rules);
		ask_free(run->pairs[i].ask);
	}
	free(run->pairs);
	free(run->creating);
	queue_free(&run->lines);
}

int
listing_run(const struct listing *l, struct err *e)
{
	struct listing_run run;
	struct err broke = { 0 };
	int r, asked = 0;

	memset(&run, 0, sizeof(run));
	run.l = l;
	queue_init(&run.lines);
	r = listing_read(&run, e);
	if (r == 0 && listing_decide(&run) != 0) {
		r = listing_print(&run, NULL, e);
		if (r == 0)
			asked = ask_server(&run, &broke);
	}
	if (r == 0)
		r = listing_print(&run, &broke, e);
	if (r == 0)
		r = listing_finish(&run, e);
	if (r == 0 && asked == -1) {
		*e = broke;
		r = -1;
	}
	run_free(&run);
	return r;
}
