/*
 * The state of another program: OfflineIMAP's LocalStatus, or mbsync's state file, behind a form
 * feed its journal.
 */
#include "base/flags.h"
#include "fuzz.h"
#include "state/localstatus.h"
#include "state/mbsync.h"

/* What becomes rows: each uid once on its side, and no message without one. */
static void
check(struct foreign *f)
{
	struct err e = { 0 };
	size_t i;

	if (foreign_settle(f, "state", &e) == -1) {
		HOLDS(e.status != 0 && *e.text != '\0');
		return;
	}
	for (i = 0; i < f->n; i++) {
		HOLDS((f->msg[i].bits & FOREIGN_DEAD) == 0);
		HOLDS((f->msg[i].flags & ~(unsigned)FLAG_ALL) == 0);
		HOLDS(f->msg[i].far != 0 || f->msg[i].near != 0 || (f->msg[i].bits & FOREIGN_SKIPPED) != 0);
		HOLDS(strlen(f->msg[i].tuid) <= FOREIGN_TUID);
		HOLDS(i == 0 || f->msg[i].far == 0 || f->msg[i].far > f->msg[i - 1].far);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char magic[] = LOCALSTATUS_MAGIC;
	const uint8_t *cut = size != 0 ? memchr(data, '\f', size) : NULL;
	size_t n = cut != NULL ? (size_t)(cut - data) : size;
	char *state = mem_ndup((const char *)data, n), *journal = NULL;
	struct foreign f = { 0 };
	struct err e = { 0 };
	int r;

	if (n >= sizeof(magic) - 1 && memcmp(state, magic, sizeof(magic) - 1) == 0)
		r = localstatus_parse(&f, "state", state, n, &e);
	else
		r = mbsync_parse(&f, "state", state, n, &e);
	if (r == 0 && cut != NULL) {
		n = size - n - 1;
		journal = mem_ndup((const char *)cut + 1, n);
		r = mbsync_replay(&f, "journal", journal, n, &e);
	}
	HOLDS(r == 0 || (r == -1 && e.status != 0 && *e.text != '\0'));
	if (r == 0)
		check(&f);
	foreign_free(&f);
	free(state);
	free(journal);
	return 0;
}
