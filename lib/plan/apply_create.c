/*
 * Folders made on the server, in front of everything else of a batch and waited for: a message
 * may only go up if its folder is known to be empty.  A folder that is there already, for another
 * client made it or LIST does not name it (subscribedonly, reference), may hold the very same
 * messages; then nothing else of the plan is done in it, and the next run lists it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/mailbox.h"
#include "plan/apply.h"
#include "plan/change.h"

/* A folder being made. */
struct making {
	struct part	*p;
	char		*refused;	/* what the server said to CREATE, or NULL */
	int		 there;		/* that was [ALREADYEXISTS] (RFC 5530) */
	char		*unlisted;	/* what it said to SUBSCRIBE, or NULL */
};

static int
created(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct making *m = arg;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK)
		m->p->f->made = 1;
	else
		flight_refused(&m->refused, r);
	m->there = imap_code(r, "ALREADYEXISTS");
	return 0;
}

static int
subscribed(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct making *m = arg;

	(void)im;
	(void)e;
	if (r->status != IMAP_OK)
		flight_refused(&m->unlisted, r);
	return 0;
}

static void
command(struct flight *fl, const char *verb, const char *remote, struct imap_done done)
{
	struct err why = { 0 };

	imap_begin(&fl->ap->im, done);
	imap_put(&fl->ap->im, verb);
	mailbox_put(&fl->ap->im, remote, fl->ap->a->utf8foldernames, &why);
	imap_end(&fl->ap->im);
}

void
create_send(struct flight *fl, const char *remote, struct imap_done done, struct imap_done listed)
{
	command(fl, "CREATE ", remote, done);
	/* a folder that is there already is to be listed too: LIST did not name it */
	if (fl->ap->a->remote.subscribedonly)
		command(fl, "SUBSCRIBE ", remote, listed);
}

static int
makes(const struct action *a)
{
	return a->verb == VERB_CREATE && a->side == SIDE_REMOTE && action_open(a);
}

static int
wanted(const struct part *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (makes(p->a[i]))
			return 1;
	return 0;
}

/* The outcome of one line, all commands having been answered. */
static void
decide(const struct making *m, struct action *a)
{
	const char *un = m->unlisted;

	if (m->p->f->made && un != NULL)
		action_done(a, "made, but it could not be subscribed to: %s", un);
	else if (m->p->f->made)
		action_done(a, NULL);
	else if (m->there && un == NULL)
		action_fail(a, EXIT_AGAIN, "it is there already, with messages or without; "
		    "the next run looks into it");
	else if (m->there)
		action_fail(a, EXIT_FAIL, "it is there already, and could not be subscribed to: %s", un);
	else
		action_fail(a, EXIT_FAIL, "the server refused to make the folder: %s", m->refused);
}

/* What else the plan has for a folder that is not known to be empty. */
static void
leave(const struct part *p)
{
	struct action *a;
	size_t i;

	for (i = 0; i < p->n; i++) {
		a = p->a[i];
		if (a->verb != VERB_KEEP && a->verb != VERB_FORGET)
			action_skip(a, "its folder was not made by this run");
	}
}

/* All that are to be made, in one flight.  0, or -1 if the session broke. */
static int
make(struct flight *fl, struct making *m, size_t n)
{
	struct imap_done done = { created, NULL }, listed = { subscribed, NULL };
	struct err why = { 0 };
	size_t i, k;
	int r;

	for (i = 0; i < n; i++) {
		done.arg = listed.arg = &m[i];
		if (m[i].p->f->made)
			continue;
		if (mailbox_check(m[i].p->f->remote, fl->ap->a->utf8foldernames, &why) == 0)
			create_send(fl, m[i].p->f->remote, done, listed);
		else
			m[i].refused = mem_dup(why.text);
	}
	if ((r = imap_wait(&fl->ap->im, 0)) == -1)
		return r;
	for (i = 0; i < n; i++) {
		for (k = 0; k < m[i].p->n; k++)
			if (makes(m[i].p->a[k]))
				decide(&m[i], m[i].p->a[k]);
		m[i].p->f->unmade = !m[i].p->f->made;
	}
	return 0;
}

void
change_create(struct flight *fl)
{
	struct making *m = mem_alloc((fl->n + 1) * sizeof(*m));
	struct err why = { 0 };
	size_t i, n = 0;

	for (i = 0; i < fl->n; i++)
		if (wanted(&fl->part[i]))
			m[n++].p = &fl->part[i];
	/* a session that cannot be had, or broke, is told where the rest needs it */
	if (n != 0 && apply_session(fl->ap, fl->as->bytes, &why) == 0)
		make(fl, m, n);
	for (i = 0; i < n; i++) {
		free(m[i].refused);
		free(m[i].unlisted);
	}
	free(m);
	for (i = 0; i < fl->n; i++)
		if (fl->part[i].f->unmade)
			leave(&fl->part[i]);
}
