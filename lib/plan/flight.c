/* Flights over the folders of a batch. */
#include "plan/flight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/fetch.h"
#include "imap/mailbox.h"

#define IN_FLIGHT	400	/* commands unanswered at a time */
#define SET_MAX		4000	/* bytes of a uid set in one command */

void
flight_init(struct flight *fl, struct apply *ap, struct actions *as)
{
	size_t i, j;

	memset(fl, 0, sizeof(*fl));
	fl->ap = ap;
	fl->as = as;
	fl->folders = mem_alloc((as->n + 1) * sizeof(struct afolder *));
	fl->order = mem_alloc((as->n + 1) * sizeof(*fl->order));
	for (i = 0; i < as->n; i++) {
		if (i > 0 && as->a[i]->f == as->a[i - 1]->f)
			continue;
		for (j = 0; j < fl->n && fl->folders[j] != as->a[i]->f; j++)
			continue;
		if (j == fl->n)
			fl->folders[fl->n++] = as->a[i]->f;
	}
}

void
flight_free(struct flight *fl)
{
	free(fl->folders);
	free(fl->order);
}

/* The folder whose answers are coming, or NULL. */
static struct afolder *
front(struct flight *fl)
{
	return fl->front < fl->norder ? fl->folders[fl->order[fl->front]] : NULL;
}

/* The first FETCH of a message tells what it was before we changed it. */
static void
fetched(struct flight *fl, struct afolder *f, uint32_t uid, unsigned flags)
{
	struct action *a;
	size_t i;

	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->f == f && a->uid == uid && !a->onserver) {
			a->onserver = 1;
			a->seen = flags;
		}
	}
}

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct flight *fl = arg;
	struct afolder *f = front(fl);
	struct mailbox m;
	struct fetch got;
	int n;

	(void)im;
	if (f == NULL)
		return 0;
	memset(&m, 0, sizeof(m));
	if (mailbox_note(&m, r)) {
		if (m.validity != 0)
			f->answered = m.validity;
		f->readonly |= m.readonly;
		return 0;
	}
	if ((n = fetch_parse(&got, r)) == -1)
		return err_fail(e, "folder \"%.200s\": the server sent a FETCH that cannot be read",
		    f->remote);
	if (n == 1 && (got.has & FETCH_UID) != 0 && (got.has & FETCH_FLAGS) != 0)
		fetched(fl, f, got.uid, got.flags);
	return 0;
}

void
flight_start(struct flight *fl)
{
	size_t i;

	fl->norder = fl->front = 0;
	fl->ap->im.untagged = untagged;
	fl->ap->im.arg = fl;
	for (i = 0; i < fl->n; i++) {
		fl->folders[i]->answered = 0;
		fl->folders[i]->readonly = 0;
		free(fl->folders[i]->refused);
		free(fl->folders[i]->unread);
		fl->folders[i]->refused = fl->folders[i]->unread = NULL;
	}
}

/* The server's words, once. */
static void
refuse(char **why, const struct imap_resp *r)
{
	struct buf b;

	if (*why != NULL)
		return;
	buf_init(&b, 1024);
	imap_words(r, &b);
	*why = mem_dup(buf_cstr(&b));
	buf_free(&b);
}

static int
selected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct afolder *f = front(arg);

	(void)im;
	(void)e;
	if (f == NULL)
		return 0;
	if (r->status != IMAP_OK) {
		refuse(&f->refused, r);
		f->answered = 0;
	}
	f->readonly |= imap_code(r, "READ-ONLY");
	return 0;
}

static int
unselected(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct flight *fl = arg;

	(void)im;
	(void)r;
	(void)e;
	fl->front++;
	return 0;
}

int
flight_select(struct flight *fl, struct afolder *f, int readonly)
{
	struct imap_done done = { selected, fl };
	struct imap *im = &fl->ap->im;
	struct err why = { 0 };
	size_t i;

	if (mailbox_check(f->remote, fl->ap->a->utf8foldernames, &why) == -1) {
		f->refused = mem_dup(why.text);
		return -1;
	}
	for (i = 0; fl->folders[i] != f; i++)
		continue;
	fl->order[fl->norder++] = i;
	im->selected = 1;
	imap_begin(im, done);
	imap_put(im, readonly ? "EXAMINE " : "SELECT ");
	mailbox_put(im, f->remote, fl->ap->a->utf8foldernames, &why);
	imap_end(im);
	return 0;
}

void
flight_unselect(struct flight *fl)
{
	struct imap_done done = { unselected, fl };

	imap_unselect(&fl->ap->im, done);
	/* a broken session is seen at the end of the flight */
	imap_wait(&fl->ap->im, IN_FLIGHT);
}

int
flight_end(struct flight *fl)
{
	int r = imap_wait(&fl->ap->im, 0);

	fl->ap->im.untagged = NULL;
	return r;
}

static int
looked(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct afolder *f = front(arg);

	(void)im;
	(void)e;
	if (f != NULL && r->status != IMAP_OK)
		refuse(&f->unread, r);
	return 0;
}

void
flight_fetch_flags(struct flight *fl, struct uidset *set)
{
	struct imap_done done = { looked, fl };
	struct buf b;
	size_t at = 0;

	buf_init(&b, 2 * SET_MAX);
	for (uidset_sort(set); at < set->n; buf_clear(&b)) {
		uidset_text(set, &at, SET_MAX, &b);
		imap_begin(&fl->ap->im, done);
		imap_printf(&fl->ap->im, "UID FETCH %s (UID FLAGS)", buf_cstr(&b));
		imap_end(&fl->ap->im);
	}
	buf_free(&b);
}

static int
stored(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct flight_store *st = arg;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK)
		refuse(&st->refused, r);
	return 0;
}

void
flight_store(struct flight *fl, struct flight_store *st, struct uidset *set)
{
	struct imap_done done = { stored, st };
	struct buf b, names;
	size_t at = 0;

	buf_init(&b, 2 * SET_MAX);
	buf_init(&names, 256);
	fetch_flagnames(&names, st->flags);
	for (uidset_sort(set); at < set->n; buf_clear(&b)) {
		uidset_text(set, &at, SET_MAX, &b);
		imap_begin(&fl->ap->im, done);
		imap_printf(&fl->ap->im, "UID STORE %s %cFLAGS.SILENT (%s)", buf_cstr(&b),
		    st->remove ? '-' : '+', buf_cstr(&names));
		imap_end(&fl->ap->im);
	}
	buf_free(&b);
	buf_free(&names);
}

const char *
flight_obstacle(const struct afolder *f, uint32_t validity, char *room, size_t size)
{
	if (f->refused != NULL)
		snprintf(room, size, "the server refused the folder: %s", f->refused);
	else if (f->answered == 0)
		snprintf(room, size, "the server told no UIDVALIDITY");
	else if (validity != 0 && f->answered != validity)
		snprintf(room, size, "UIDVALIDITY is %u now, %u was planned", f->answered, validity);
	else if (f->unread != NULL)
		snprintf(room, size, "the server refused to tell the flags: %s", f->unread);
	else
		return NULL;
	return room;
}
