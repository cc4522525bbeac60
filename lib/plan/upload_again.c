/* Uploads that are tried again: a last look for those of the run before (RFC 3501, 6.3.10). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "imap/mailbox.h"
#include "plan/upload.h"

#define LATE	"something has arrived since it was listed, and can be the upload of a run that was stopped; " \
		"the next run looks"

struct look {
	struct uploads	*us;
	struct mailbox	 told;		/* by the last STATUS response: its tagged answer says whose it is */
};

/* One folder's. */
struct ask {
	struct look	*look;
	struct part	*p;
};

static int
untagged(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	const struct value *list = value_at(r->data, 1);
	struct look *l = arg;

	(void)im;
	(void)e;
	if (strcmp(r->name, "STATUS") != 0)
		return 0;
	memset(&l->told, 0, sizeof(l->told));
	if (list != NULL && list->kind == VALUE_LIST)
		mailbox_status(&l->told, list->kids);
	return 0;
}

/* What a server does not tell, or refuses to, holds nothing up. */
static int
told(struct imap *im, void *arg, const struct imap_resp *r, struct err *e)
{
	struct ask *a = arg;
	struct upload *u = a->look->us->u + a->p->up, *end = u + a->p->nup;
	const struct mailbox *m = &a->look->told;

	(void)im;
	(void)e;
	for (; u < end && r->status == IMAP_OK; u++)
		if (action_open(u->act) && u->act->next != 0 && m->validity == u->act->nextv && m->next > u->act->next)
			action_skip(u->act, LATE);
	memset(&a->look->told, 0, sizeof(a->look->told));
	return 0;
}

static void
ask(struct ask *a)
{
	struct apply *ap = a->look->us->fl->ap;
	struct imap_done done = { told, a };
	struct err none;

	/* a name that cannot be sent is told by its SELECT */
	if (mailbox_check(a->p->f->remote, ap->a->utf8foldernames, &none) == -1)
		return;
	imap_begin(&ap->im, done);
	imap_put(&ap->im, "STATUS ");
	mailbox_put(&ap->im, a->p->f->remote, ap->a->utf8foldernames, &none);
	imap_put(&ap->im, " (UIDNEXT UIDVALIDITY)");
	imap_end(&ap->im);
}

int
uploads_arrived(struct uploads *us)
{
	struct flight *fl = us->fl;
	struct imap *im = &fl->ap->im;
	struct look l = { .us = us };
	struct ask *asks = mem_alloc((fl->n + 1) * sizeof(*asks));
	size_t i, n = 0;
	int r = 0;

	for (i = 0; i < fl->n; i++)
		if (fl->part[i].f->again && uploads_for(us, &fl->part[i], 0)) {
			asks[n++] = (struct ask){ &l, &fl->part[i] };
			fl->part[i].f->again = 0;
		}
	if (n != 0 && (r = apply_settle(fl->ap)) == 0) {
		im->untagged = untagged;
		im->arg = &l;
		for (i = 0; i < n; i++)
			ask(&asks[i]);
		r = imap_wait(im, 0);
		im->untagged = NULL;
	}
	free(asks);
	return r;
}
