/* The commands that put messages into the trash on the server. */
#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "imap/mailbox.h"
#include "plan/change.h"
#include "plan/trash.h"

#define NAME_ROOM	8192	/* bytes of a folder's name as a quoted string */

static int
answered(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct part *p = arg;

	(void)im;
	(void)e;
	if (r->status == IMAP_OK)
		return 0;
	flight_refused(&p->untrashed, r);
	p->notrash |= imap_code(r, "TRYCREATE") || imap_code(r, "NONEXISTENT");
	return 0;
}

void
trash_send(struct flight *fl, struct part *p, const char *command, struct uidset *set)
{
	struct imap_done done = { answered, p };
	struct err why = { 0 };
	struct buf to;

	buf_init(&to, NAME_ROOM);
	buf_byte(&to, ' ');
	if (mailbox_text(p->trash, fl->ap->a->utf8foldernames, &to, &why) == 0)
		flight_set(fl, command, set, buf_cstr(&to), done);
	else if (p->untrashed == NULL)
		p->untrashed = mem_dup(why.text);
	buf_free(&to);
}

int
trash_cleared(struct flight *fl, struct part *p, enum trashing how)
{
	struct action *a;
	char room[600];
	const char *no;
	size_t i;
	int ok = 1;

	if (imap_wait(&fl->ap->im, 0) == -1)
		return -1;
	for (i = 0; i < p->n; i++) {
		a = p->a[i];
		if (a->verb != VERB_MOVE || a->side != SIDE_REMOTE || a->how != how || !action_open(a))
			continue;
		if ((no = flight_obstacle(p->f, a->validity, room, sizeof(room))) != NULL)
			action_fail(a, EXIT_AGAIN, "%s", no);
		else if (p->f->readonly)
			action_skip(a, ACTION_READONLY);
		else
			continue;
		ok = 0;
	}
	return ok;
}

void
trash_copy(struct flight *fl, struct part *p)
{
	struct imap_done done = { answered, p };
	struct uidset copy, bare;
	struct action *a;
	size_t i;

	uidset_init(&copy);
	uidset_init(&bare);
	for (i = 0; i < p->n; i++) {
		a = p->a[i];
		if (a->verb != VERB_MOVE || a->side != SIDE_REMOTE || a->how != TRASH_COPY || !action_open(a))
			continue;
		uidset_add(&copy, a->uid, a->uid);
		/* a mark that is there already must not be copied along */
		if (a->was & FLAG_DELETED)
			uidset_add(&bare, a->uid, a->uid);
	}
	if (copy.n != 0 && trash_cleared(fl, p, TRASH_COPY) == 1) {
		flight_set(fl, "UID STORE", &bare, " -FLAGS.SILENT (\\Deleted)", done);
		trash_send(fl, p, "UID COPY", &copy);
	}
	uidset_free(&copy);
	uidset_free(&bare);
}

void
trash_judge(struct part *p)
{
	struct action *a;
	size_t i;

	for (i = 0; i < p->n && p->untrashed != NULL; i++) {
		a = p->a[i];
		if (a->verb == VERB_MOVE && a->side == SIDE_REMOTE && a->how == TRASH_COPY)
			action_fail(a, EXIT_FAIL, "it could not be copied to \"%s\": %s", p->trash, p->untrashed);
	}
}

int
trash_may_create(const struct apply *ap)
{
	return ap->a->remote.createfolders && !ap->a->remote.readonly;
}

static int
created(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct part *p = arg;

	(void)im;
	(void)e;
	/* another folder's messages may have had it made just before */
	if (r->status != IMAP_OK && !imap_code(r, "ALREADYEXISTS"))
		flight_refused(&p->untrashed, r);
	return 0;
}

void
trash_create(struct flight *fl, struct part *p, int first)
{
	/* a trash that is not subscribed to is one nevertheless; it only has no folder on disk */
	struct imap_done done = { created, p }, listed = { NULL, NULL };

	free(p->untrashed);
	p->untrashed = NULL;
	p->notrash = 0;
	if (first)
		create_send(fl, p->trash, done, listed);
}
