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
#include "imap/fetch.h"
#include "imap/mailbox.h"
#include "maildir/file.h"

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
uploads_for(const struct uploads *us, const struct afolder *f, int alone)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (to_send(&us->u[i], f, alone))
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
		u->answered = 1;
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
