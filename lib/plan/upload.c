/*
 * Sending messages.  A non-synchronising literal stands only behind arguments of
 * our own grammar: a checked folder name, the five system flags, a date that we
 * formatted (hazard 17); a BAD to one ends the session.
 */
#include "plan/upload.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/io.h"
#include "base/mem.h"
#include "imap/fetch.h"
#include "imap/mailbox.h"

#define MULTI_MESSAGES	50		/* of one MULTIAPPEND */
#define MULTI_BYTES	(2u << 20)
#define QUEUED		100		/* messages whose files are open at a time */
#define UNANSWERED	(4u << 20)	/* bytes, or what was answered in the last two seconds: see window() */
#define LITERAL_MINUS	4096		/* bytes that LITERAL- lets go without waiting */

/* One APPEND command: which uploads it holds.  Its answer may never come: us has it on its list. */
struct append {
	struct append *next;
	struct uploads *us;
	uint64_t bytes;		/* of its messages */
	size_t n, member[];	/* indexes in us->u */
};

static int
to_send(const struct upload *u, int alone)
{
	return action_open(u->act) && !u->stored && u->act->f->noroom == NULL &&
	    (alone ? u->alone : !u->sent);
}

int
uploads_for(const struct uploads *us, const struct part *p, int alone)
{
	size_t i;

	for (i = p->up; i < p->up + p->nup; i++)
		if (to_send(&us->u[i], alone))
			return 1;
	return 0;
}

static void
take_uid(struct upload *u, uint64_t validity, uint32_t uid)
{
	if (validity == 0 || validity > UINT32_MAX || uid == 0 ||
	    (u->act->f->answered != 0 && validity != u->act->f->answered) ||
	    (validity == u->act->nextv && uid < u->act->next))
		return;
	u->act->newvalidity = (uint32_t)validity;
	u->act->newuid = uid;
}

/* [APPENDUID validity set]: counts only if it has as many uids as messages (hazard 24). */
static void
appenduid(struct append *ap, const struct imap_resp *r)
{
	struct uidset set;
	uint64_t validity;
	size_t i, k = 0;
	uint32_t uid;

	if (!imap_code(r, "APPENDUID") || value_num(r->code->next, &validity) == -1)
		return;
	uidset_init(&set);
	if (value_text(value_at(r->code, 2)) != NULL &&
	    uidset_parse(&set, value_at(r->code, 2)->s) == 0 && uidset_count(&set) == ap->n)
		for (i = 0; i < set.n; i++)
			for (uid = set.r[i].lo; k < ap->n; uid++) {
				take_uid(&ap->us->u[ap->member[k++]], validity, uid);
				if (uid == set.r[i].hi)
					break;
			}
	uidset_free(&set);
}

/* A refusal that has to do with the moment or with the folder, not with the message. */
static int
passing(const struct imap_resp *r)
{
	static const char *const codes[] = { "OVERQUOTA", "UNAVAILABLE", "INUSE",
	    "SERVERBUG", "EXPIRED", "NOPERM", "CONTACTADMIN", "TRYCREATE", "AUTHORIZATIONFAILED" };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (imap_code(r, codes[i]))
			return 1;
	return 0;
}

/* What holds for all of a folder is said with the first. */
static void
refuse(struct append *ap, const struct imap_resp *r)
{
	struct afolder *f = ap->us->u[ap->member[0]].act->f;
	int later = f->readonly || passing(r);
	struct upload *u;
	struct buf b;
	size_t i;

	if (f->readonly)
		f->noroom = ACTION_READONLY;
	buf_init(&b, 1024);
	imap_words(r, &b);
	for (i = 0; i < ap->n; i++) {
		u = &ap->us->u[ap->member[i]];
		if (ap->n > 1 && !later) {
			u->alone = 1;
			continue;
		}
		u->answered = 1;
		u->refused = !later;
		if (later && f->noroom != NULL)
			action_skip(u->act, "%s", f->noroom);
		else
			action_fail(u->act, later ? EXIT_AGAIN : EXIT_FAIL, "the server refused it: %s",
			    buf_cstr(&b));
		if (later && f->noroom == NULL)
			f->noroom = ACTION_NOROOM;
	}
	buf_free(&b);
}

void
uploads_hold(struct uploads *us)
{
	struct upload *u;

	for (u = us->u; u < us->u + us->n; u++) {
		if (u->act->f->noroom == NULL || !action_open(u->act) || (u->sent && !u->alone))
			continue;
		u->held = 1;
		action_skip(u->act, "%s", u->act->f->noroom);
	}
}

static int
appended(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct append *ap = arg;
	size_t i;
	int bad = 0;

	(void)im;
	ap->us->owed -= ap->bytes;
	ap->us->answered += ap->bytes;
	for (i = 0; i < ap->n && r->status == IMAP_OK; i++) {
		ap->us->u[ap->member[i]].stored = 1;
		if (ap->us->u[ap->member[i]].changed)
			action_skip(ap->us->u[ap->member[i]].act, "the file changed while it was uploaded");
	}
	if (r->status == IMAP_OK)
		appenduid(ap, r);
	else
		refuse(ap, r);
	/* a NO may come before the last byte has gone: then it goes nevertheless, unless it had to wait */
	for (i = 0; i < ap->n; i++)
		if (r->status == IMAP_OK || ap->us->u[ap->member[i]].sync)
			upload_close(&ap->us->u[ap->member[i]]);
	if (r->status == IMAP_BAD)
		bad = err_again(e, "the server answered an upload with BAD: %.300s", r->text);
	return bad;
}

/* Whether the literal must wait for the server's word. */
static int
must_wait(const struct imap *im, uint64_t size)
{
	if (imap_has(im, "LITERAL+"))
		return 0;
	return !imap_has(im, "LITERAL-") || size > LITERAL_MINUS;
}

static void
message(struct imap *im, struct upload *u)
{
	struct imap_source source = { upload_read, u };
	char date[DATE_LEN];
	struct buf flags;

	u->sync = u->act->f->wary || must_wait(im, u->act->size);
	buf_init(&flags, 256);
	fetch_flagnames(&flags, u->act->flags);
	imap_printf(im, " (%s)", buf_cstr(&flags));
	if (u->act->date >= 0 && date_format((time_t)u->act->date, date) == 0)
		imap_printf(im, " \"%s\"", date);
	imap_put(im, " ");
	imap_literal(im, u->act->size, u->sync, source);
	buf_free(&flags);
	u->sent = 1;
}

/* How many may be open: fewer where the system lets us have few descriptors. */
static size_t
queued(const struct uploads *us)
{
	return us->fl->ap->rows < QUEUED ? us->fl->ap->rows : QUEUED;
}

/*
 * Bytes that may be without an answer.  If this run is killed the server goes on with what it has got, and the
 * next run may begin meanwhile: it should be no more than a second or two of its work.
 */
static uint64_t
window(struct uploads *us)
{
	int64_t now = io_now(), over = now - us->since;

	if (over >= 1000) {
		us->before = over < 2000 ? us->answered : 0;
		us->answered = 0;
		us->since = now;
	}
	return us->before + us->answered > UNANSWERED ? us->before + us->answered : UNANSWERED;
}

/*
 * Waits until there is room for another command's files and bytes; a broken session is seen at the end of
 * the flight.
 */
static void
make_room(struct uploads *us, size_t n)
{
	while ((us->nopen + n > queued(us) || us->owed >= window(us)) && us->fl->ap->im.err.status == 0)
		imap_poll(&us->fl->ap->im, -1);
}

/* The members of the next command, from upload i on: opened.  Returns behind the last one. */
static size_t
gather(struct uploads *us, struct part *p, size_t i, int alone, size_t most, struct append *ap)
{
	uint64_t bytes = 0;

	for (; i < p->up + p->nup && ap->n < most; i++) {
		if (!to_send(&us->u[i], alone))
			continue;
		if (ap->n != 0 && bytes + us->u[i].act->size > MULTI_BYTES)
			break;
		if (upload_open(us, p, &us->u[i]) == -1)
			continue;
		bytes += us->u[i].act->size;
		us->u[i].alone = 0;
		ap->member[ap->n++] = i;
	}
	ap->bytes = bytes;
	return i;
}

/* Queues one command for the uploads from i on that fit it; returns behind the last of them. */
static size_t
command(struct uploads *us, struct part *p, size_t i, int alone)
{
	struct imap *im = &us->fl->ap->im;
	struct append *ap;
	struct imap_done done = { appended, NULL };
	struct err why = { 0 };
	size_t most = !alone && !p->f->wary && imap_has(im, "MULTIAPPEND") && imap_has(im, "LITERAL+") ?
	    MULTI_MESSAGES : 1, k;

	if (most > queued(us))
		most = queued(us);
	make_room(us, most);
	done.arg = ap = mem_alloc(sizeof(*ap) + most * sizeof(*ap->member));
	ap->us = us;
	ap->next = us->appends;
	us->appends = ap;
	i = gather(us, p, i, alone, most, ap);
	if (ap->n == 0)
		return i;
	us->owed += ap->bytes;
	imap_begin(im, done);
	imap_put(im, "APPEND ");
	mailbox_put(im, p->f->remote, us->fl->ap->a->utf8foldernames, &why);
	for (k = 0; k < ap->n; k++)
		message(im, &us->u[ap->member[k]]);
	imap_end(im);
	return i;
}

void
uploads_forget(struct uploads *us)
{
	struct append *ap;

	while ((ap = us->appends) != NULL) {
		us->appends = ap->next;
		free(ap);
	}
}

/* The smallest message of a folder that is still to be sent, or the end of its uploads. */
static size_t
smallest(const struct uploads *us, const struct part *p)
{
	size_t i, end = p->up + p->nup, found = end;

	for (i = p->up; i < end; i++)
		if (to_send(&us->u[i], 0) &&
		    (found == end || us->u[i].act->size < us->u[found].act->size))
			found = i;
	return found;
}

/*
 * One after the other, until the server says NO: what it refused before it may refuse again, before
 * a byte of it has gone; and what is smaller may have room.
 */
static void
ask_each(struct uploads *us, struct part *p)
{
	struct imap *im = &us->fl->ap->im;
	size_t i;

	while (im->err.status == 0 && (i = smallest(us, p)) != p->up + p->nup) {
		command(us, p, i, 0);
		imap_wait(im, 0);
	}
}

void
uploads_send(struct uploads *us, struct part *p, int alone)
{
	size_t i = p->up;

	if (p->f->wary) {
		ask_each(us, p);
		return;
	}
	while (i < p->up + p->nup && us->fl->ap->im.err.status == 0)
		i = command(us, p, i, alone);
}

void
uploads_drain(struct uploads *us)
{
	while (us->nopen != 0 && us->fl->ap->im.err.status == 0)
		imap_poll(&us->fl->ap->im, -1);
}
