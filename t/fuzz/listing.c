/*
 * Listing two folders, by every rung, with a server that says anything.  Whatever it says, what is called
 * complete must be: as many messages as there are, each once, and gone only what was there.
 */
#include "base/rec.h"
#include "imap/ask.h"
#include "session.h"

#define VALIDITY	7
#define SINCE		10

/* A question as the state could have it put: rows 1 to 9, of them 4 kept apart. */
static struct ask *
question(const char *name, unsigned how)
{
	static const enum rung rungs[] = { RUNG_PLAIN, RUNG_SEARCH, RUNG_CONDSTORE, RUNG_QRESYNC };
	struct ask *a = ask_new(name);

	a->rung = rungs[how & 3];
	a->full = how & 4 ? RUNG_SEARCH : RUNG_PLAIN;
	if (how & 64) {
		a->all = how & 8 ? ASK_FULL : ASK_SIZES;
		a->rung = RUNG_PLAIN;
		return a;
	}
	a->since = SINCE;
	a->validity = VALIDITY;
	a->modseq = 100;
	a->search = how >> 3 & 1;
	uidset_add(&a->rows, 1, 3);
	uidset_add(&a->rows, 5, 9);
	uidset_add(&a->kept, 4, 4);
	if (how & 16)
		uidset_add(&a->probe, 2, 3);
	if (how & 32)
		uidset_add(&a->whole, 3, 3);
	return a;
}

/* The records, and which uids they tell of. */
static void
records(struct ask *a, struct uidset *found)
{
	uint32_t validity, uid;
	struct rec rec;
	struct err e;
	char *line, *scratch;
	uint64_t n = 0;
	size_t len;

	for (; queue_get(&a->found, &line, &len) == 1; n++) {
		scratch = mem_alloc(len + 1);
		HOLDS(rec_parse(&rec, line, len, scratch, &e) == 0);
		HOLDS(rec_of(&rec, "m", "r") && rec_id(rec.pos[1], &validity, &uid, 0) == 0);
		HOLDS(validity == a->box.validity);
		uidset_add(found, uid, uid);
		free(scratch);
	}
	HOLDS(n == a->nfound && uidset_count(found) == n);
}

static void
check(struct ask *a)
{
	struct uidset found, rest, rows;
	size_t i;

	uidset_init(&found);
	uidset_init(&rest);
	uidset_init(&rows);
	if (a->done && a->why == NULL) {
		records(a, &found);
		for (i = 0; i < a->rows.n; i++)
			uidset_add(&rows, a->rows.r[i].lo, a->rows.r[i].hi);
		for (i = 0; i < a->kept.n; i++)
			uidset_add(&rows, a->kept.r[i].lo, a->kept.r[i].hi);
		/* a full listing without all is no proof, a delta is one by itself */
		HOLDS(!ask_proven(a) || a->delta || a->nfound == a->box.exists);
		HOLDS(!a->delta || (a->box.validity == VALIDITY && a->box.modseq >= a->modseq));
		if (a->delta) {
			uidset_minus(&rest, &a->gone, &rows);
			HOLDS(rest.n == 0);
			uidset_and(&rest, &a->gone, &found);
			HOLDS(rest.n == 0);
			uidset_minus(&rest, &rows, &a->gone);
			uidset_minus(&rest, &found, &rows);
			HOLDS(uidset_count(&rest) == a->box.exists);
		}
	}
	uidset_free(&found);
	uidset_free(&rest);
	uidset_free(&rows);
}

/* Judged while it still has what it was asked; what is printed is the caller's affair. */
static int
told(void *arg, struct ask *a, struct err *e)
{
	(void)arg;
	(void)e;
	HOLDS(a->done);
	check(a);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	unsigned how = food_byte(&f), other = food_byte(&f);
	struct ask_news news = { told, NULL };
	struct ask *asks[2];
	struct imap im;
	int server, r;

	if (session_open(&im, f.p, f.n, &server) == -1)
		return 0;
	session_caps(&im, how & 128 ? ",IMAP4REV1,UNSELECT,CONDSTORE,QRESYNC,ENABLE,ESEARCH," :
	    ",IMAP4REV1,CONDSTORE,", ",QRESYNC,");
	asks[0] = question("INBOX", how);
	asks[1] = question("b", other);
	r = ask_all(&im, asks, 2, other >> 7 & 1, &news);
	HOLDS((r == -1) == (im.err.status != 0));
	HOLDS(r == -1 || (asks[0]->done && asks[1]->done));
	ask_free(asks[0]);
	ask_free(asks[1]);
	session_close(&im);
	close(server);
	return 0;
}
