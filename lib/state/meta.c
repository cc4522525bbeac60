/* The rows of "meta" that are not the state's own; see meta.h. */
#include "state/meta.h"

#include <string.h>

#include "base/mem.h"
#include "state/db.h"

static const char caps_key[] = "capabilities";

int
state_caps_get(struct state *st, struct buf *b, struct err *e)
{
	MDB_val v;
	int got = db_get(st, DB_META, caps_key, sizeof(caps_key) - 1, &v, e);

	if (got == 1 && v.mv_size <= STATE_CAPS_MAX)
		buf_put(b, v.mv_data, v.mv_size);
	return got == -1 ? -1 : 0;
}

int
state_caps_put(struct state *st, const char *caps, struct err *e)
{
	size_t n = strlen(caps);

	ENSURE(st->writing);
	return n > STATE_CAPS_MAX ? 0 :
	    db_put(st, DB_META, caps_key, sizeof(caps_key) - 1, caps, n, 0, e);
}
