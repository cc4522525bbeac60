/*
 * Sending messages.  A non-synchronising literal stands only behind arguments of
 * our own grammar: a checked folder name, the five system flags, a date that we
 * formatted (hazard 17); a BAD to one ends the session.
 */
#include "plan/upload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/mem.h"
#include "imap/ask.h"
#include "imap/fetch.h"
#include "imap/mailbox.h"
#include "maildir/file.h"
#include "state/msg.h"

#define MULTI_MESSAGES	50		/* of one MULTIAPPEND */
#define MULTI_BYTES	(2u << 20)
#define LITERAL_MINUS	4096		/* bytes that LITERAL- lets go without waiting */

/* One APPEND command: which uploads it holds. */
struct append {
	struct uploads *us;
	size_t *member, n;	/* indexes in us->u */
};

/* Opens and measures one; leaves the action open if it is as planned. */
static void
measure(struct upload *u)
{
	struct action *a = u->act;
	struct md_measured m;
	int dir = md_where(&a->f->md, a->where);

	if ((u->fd = md_file_open(dir, a->file, &u->st)) == -1 ||
	    md_measure(dir, a->file, &m) == -1) {
		action_skip(a, "the file is gone or cannot be read: %s", strerror(errno));
		return;
	}
	if (m.bad != NULL)
		action_skip(a, "the file is %s", m.bad);
	else if (m.size != a->size || memcmp(m.dig, a->dig, DIGEST_LEN) != 0)
		action_skip(a, "the file changed meanwhile");
}

void
uploads_open(struct uploads *us, struct flight *fl)
{
	struct action *a;
	size_t i;

	memset(us, 0, sizeof(*us));
	us->fl = fl;
	us->u = mem_alloc((fl->as->n + 1) * sizeof(*us->u));
	for (i = 0; i < fl->as->n; i++) {
		a = fl->as->a[i];
		if (a->verb != VERB_COPY || !action_open(a))
			continue;
		us->u[us->n].act = a;
		us->u[us->n].fd = -1;
		measure(&us->u[us->n++]);
	}
}

static void
close_one(struct upload *u)
{
	if (u->fd != -1)
		close(u->fd);
	u->fd = -1;
	free(u->wire);
	u->wire = NULL;
}

void
uploads_close(struct uploads *us)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		close_one(&us->u[i]);
	free(us->u);
	us->u = NULL;
	us->n = 0;
}

static int
to_send(const struct upload *u, const struct afolder *f, int alone)
{
	return u->act->f == f && action_open(u->act) && !u->stored &&
	    (alone ? u->alone : !u->sent);
}

int
uploads_for(const struct uploads *us, const struct afolder *f)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (us->u[i].act->f == f && action_open(us->u[i].act))
			return 1;
	return 0;
}

static long
read_wire(void *arg, char *to, size_t n)
{
	struct upload *u = arg;
	ssize_t got;

	if (u->wire == NULL) {
		if (lseek(u->fd, 0, SEEK_SET) == -1)
			return -1;
		u->wire = mem_alloc(sizeof(*u->wire));
		md_wire_open(u->wire, u->fd);
	}
	got = md_wire_read(u->wire, to, n);
	if (u->wire->out >= u->act->size) {
		/* hundreds may be on their way: none keeps its buffer longer than it is read */
		free(u->wire);
		u->wire = NULL;
	}
	return (long)got;
}

/* The file is what was measured, still: else the server has something else now. */
static int
unchanged(struct upload *u)
{
	struct stat st;

	return fstat(u->fd, &st) == 0 && st.st_size == u->st.st_size &&
	    st.st_mtim.tv_sec == u->st.st_mtim.tv_sec && st.st_mtim.tv_nsec == u->st.st_mtim.tv_nsec;
}

static void
take_uid(struct upload *u, uint64_t validity, uint32_t uid)
{
	if (validity == 0 || validity > UINT32_MAX || uid == 0 ||
	    (u->act->f->answered != 0 && validity != u->act->f->answered))
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

/* A refusal that has to do with the moment, not with the message. */
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

static void
refuse(struct append *ap, const struct imap_resp *r)
{
	struct upload *u;
	struct buf b;
	size_t i;

	buf_init(&b, 1024);
	imap_words(r, &b);
	for (i = 0; i < ap->n; i++) {
		u = &ap->us->u[ap->member[i]];
		if (ap->n > 1) {
			u->alone = 1;
			continue;
		}
		u->refused = !passing(r);
		action_fail(u->act, u->refused ? EXIT_FAIL : EXIT_AGAIN,
		    "the server refused it: %s", buf_cstr(&b));
	}
	buf_free(&b);
}

static int
appended(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct append *ap = arg;
	size_t i;
	int bad = 0;

	(void)im;
	for (i = 0; i < ap->n && r->status == IMAP_OK; i++) {
		ap->us->u[ap->member[i]].stored = 1;
		if (!unchanged(&ap->us->u[ap->member[i]]))
			action_skip(ap->us->u[ap->member[i]].act, "the file changed while it was uploaded");
	}
	if (r->status == IMAP_OK)
		appenduid(ap, r);
	else
		refuse(ap, r);
	/* A NO may come before the last byte has gone, and a refused group is sent anew. */
	for (i = 0; i < ap->n && r->status == IMAP_OK; i++)
		close_one(&ap->us->u[ap->member[i]]);
	if (r->status == IMAP_BAD)
		bad = err_again(e, "the server answered an upload with BAD: %.300s", r->text);
	free(ap->member);
	free(ap);
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
	struct imap_source source = { read_wire, u };
	char date[DATE_LEN];
	struct buf flags;

	free(u->wire);
	u->wire = NULL;
	buf_init(&flags, 256);
	fetch_flagnames(&flags, u->act->flags);
	imap_printf(im, " (%s)", buf_cstr(&flags));
	if (u->act->date >= 0 && date_format((time_t)u->act->date, date) == 0)
		imap_printf(im, " \"%s\"", date);
	imap_put(im, " ");
	imap_literal(im, u->act->size, must_wait(im, u->act->size), source);
	buf_free(&flags);
	u->sent = 1;
}

/* Begins the command for the uploads from i on that fit one; returns how many uploads it passed. */
static size_t
command(struct uploads *us, struct afolder *f, size_t i, int alone)
{
	struct imap *im = &us->fl->ap->im;
	struct append *ap = mem_alloc(sizeof(*ap));
	struct imap_done done = { appended, ap };
	struct err why = { 0 };
	size_t most = !alone && imap_has(im, "MULTIAPPEND") && imap_has(im, "LITERAL+") ?
	    MULTI_MESSAGES : 1, start = i;
	uint64_t bytes = 0;

	ap->us = us;
	ap->member = mem_alloc(most * sizeof(*ap->member));
	imap_begin(im, done);
	imap_put(im, "APPEND ");
	mailbox_put(im, f->remote, us->fl->ap->a->utf8foldernames, &why);
	for (; i < us->n && ap->n < most; i++) {
		if (!to_send(&us->u[i], f, alone))
			continue;
		if (ap->n != 0 && bytes + us->u[i].act->size > MULTI_BYTES)
			break;
		bytes += us->u[i].act->size;
		us->u[i].alone = 0;
		ap->member[ap->n++] = i;
		message(im, &us->u[i]);
	}
	imap_end(im);
	return i - start;
}

void
uploads_send(struct uploads *us, struct afolder *f, int alone)
{
	size_t i;

	for (i = 0; i < us->n;)
		if (to_send(&us->u[i], f, alone))
			i += command(us, f, i, alone);
		else
			i++;
}

/* A stored upload of this folder whose uid is not known and which this message is; or NULL. */
static struct upload *
match(struct uploads *us, const struct afolder *f, const struct rec *rec)
{
	unsigned char dig[DIGEST_LEN];
	uint64_t size, date;
	size_t i;

	if (rec_getu(rec, "size", &size) == -1 || digest_unhex(rec_get(rec, "dig"), dig) == -1)
		return NULL;
	for (i = 0; i < us->n; i++)
		if (us->u[i].act->f == f && us->u[i].stored && us->u[i].act->newuid == 0 &&
		    us->u[i].act->size == size && memcmp(us->u[i].act->dig, dig, DIGEST_LEN) == 0 &&
		    (us->u[i].act->date < 0 || (rec_getu(rec, "date", &date) == 0 &&
		    (uint64_t)us->u[i].act->date == date)))
			return &us->u[i];
	return NULL;
}

/* 1 if the state has a row for that uid: it is another message then. */
static int
taken(struct apply *ap, struct afolder *f, uint32_t uid)
{
	struct state_msg row;
	struct err why;

	return f->id != 0 && state_msg_get(ap->st, f->id, uid, &row, &why) != 0;
}

/* Pairs what a folder's listing shows with what was sent. */
static void
pair_found(struct uploads *us, struct afolder *f, struct ask *q)
{
	struct err why = { 0 };
	uint32_t validity, uid;
	struct upload *u;
	struct rec rec;
	char *line, *scratch;
	size_t len;

	if (state_begin(us->fl->ap->st, 0, &why) == -1)
		return;
	while (ask_proven(q) && queue_get(&q->found, &line, &len) == 1) {
		scratch = mem_alloc(len + 1);
		if (rec_parse(&rec, line, len, scratch, &why) == 0 &&
		    rec_id(rec.pos[1], &validity, &uid, 0) == 0 &&
		    !taken(us->fl->ap, f, uid) && (u = match(us, f, &rec)) != NULL) {
			u->act->newvalidity = validity;
			u->act->newuid = uid;
		}
		free(scratch);
	}
	state_abort(us->fl->ap->st);
}

/* The lowest UIDNEXT that was known before any of the folder's uploads; 0 if none is missing. */
static uint32_t
since(const struct uploads *us, const struct afolder *f)
{
	uint32_t least = 0, next;
	size_t i;

	for (i = 0; i < us->n; i++) {
		if (us->u[i].act->f != f || !us->u[i].stored || us->u[i].act->newuid != 0)
			continue;
		next = us->u[i].act->next != 0 ? us->u[i].act->next : 1;
		if (least == 0 || next < least)
			least = next;
	}
	return least;
}

int
uploads_find(struct uploads *us)
{
	struct flight *fl = us->fl;
	struct ask **asks = mem_alloc((fl->n + 1) * sizeof(struct ask *));
	size_t *of = mem_alloc((fl->n + 1) * sizeof(*of)), i, n = 0;
	uint32_t from;
	int r = 0;

	for (i = 0; i < fl->n; i++)
		if ((from = since(us, fl->folders[i])) != 0) {
			of[n] = i;
			asks[n] = ask_new(fl->folders[i]->remote);
			asks[n]->since = from;
			asks[n]->onlynew = 1;
			uidset_add(&asks[n++]->probe, from, UINT32_MAX);
		}
	if (n != 0)
		r = ask_all(&fl->ap->im, asks, n, fl->ap->a->utf8foldernames);
	for (i = 0; i < n; i++) {
		if (r == 0)
			pair_found(us, fl->folders[of[i]], asks[i]);
		ask_free(asks[i]);
	}
	free(asks);
	free(of);
	return r;
}
