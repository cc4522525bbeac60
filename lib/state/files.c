/* Files as the state has them, read in pieces as block.c does, and for its reasons. */
#include "state/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/flags.h"
#include "base/mem.h"
#include "state/folder.h"
#include "state/msg.h"

#define PIECE_FILES	500
#define PIECE_NAMES	(128u << 10)	/* bytes of names at which a piece is full */

struct piece {
	struct {
		uint32_t uid;
		unsigned flags;
		size_t	 name;			/* where in names */
	} file[PIECE_FILES];
	size_t		 n;
	struct buf	 names;			/* each with its NUL */
	struct uidset	*which;
	size_t		 at;			/* the range at hand; all are done at the end of the set */
	uint32_t	 after;			/* and the last uid looked at */
};

static void
take(struct piece *p, const struct state_msg *m)
{
	if (m->name == NULL || m->kept != KEPT_NO)
		return;
	p->file[p->n].uid = m->uid;
	p->file[p->n].flags = m->flags;
	p->file[p->n++].name = p->names.len;
	buf_put(&p->names, m->name, strlen(m->name) + 1);
}

/* Copies out what comes next; in a transaction. */
static int
fill(struct state *st, uint32_t id, struct piece *p, struct err *e)
{
	const struct uidrange *r;
	struct state_msg m;
	int got;

	p->n = 0;
	buf_clear(&p->names);
	while (p->at < p->which->n && p->n < PIECE_FILES && p->names.len < PIECE_NAMES) {
		r = &p->which->r[p->at];
		if (p->after < r->lo - 1)
			p->after = r->lo - 1;
		if ((got = state_msg_next(st, id, p->after, &m, e)) == -1)
			return -1;
		if (got == 0)
			p->at = p->which->n;
		else if (m.uid <= r->hi) {
			p->after = m.uid;
			take(p, &m);
		}
		if (got == 0 || m.uid >= r->hi)
			p->at++;
	}
	ENSURE(!buf_bad(&p->names));
	return 0;
}

static int
next_piece(struct state *st, const char *remote, const char *local, uint64_t gen,
    struct piece *p, struct err *e)
{
	struct state_folder f = { 0 };
	int got, r = -1;

	if (state_begin(st, 0, e) == -1)
		return -1;
	if ((got = state_folder_find(st, remote, local, &f, e)) == 0 || (got == 1 && f.gen != gen))
		err_again(e, "folder %.200s: another run changed it since its state was read; "
		    "run again", remote);
	else if (got == 1)
		r = fill(st, f.id, p, e);
	state_folder_free(&f);
	state_abort(st);
	return r;
}

static void
put_piece(struct recout *o, const struct piece *p)
{
	char flags[FLAGS_LEN];
	size_t i;

	for (i = 0; i < p->n; i++) {
		rec_begin(o, "m");
		rec_pos(o, "l");
		rec_pos(o, NULL);
		rec_key(o, "flags", flags_format(p->file[i].flags, flags));
		rec_key(o, "name", p->names.data + p->file[i].name);
		rec_keyu(o, "uid", p->file[i].uid);
		rec_end(o);
	}
}

int
files_write(struct state *st, struct recout *o, const char *remote, const char *local,
    uint64_t gen, struct uidset *which, uint64_t *n, struct err *e)
{
	struct piece *p = mem_alloc(sizeof(*p));
	int r = 0;

	uidset_sort(which);
	p->which = which;
	buf_init(&p->names, PIECE_NAMES + 2 * UINT16_MAX);
	while (p->at < which->n && (r = next_piece(st, remote, local, gen, p, e)) == 0) {
		put_piece(o, p);
		*n += p->n;
		state_relax(st);
	}
	buf_free(&p->names);
	free(p);
	return r;
}
