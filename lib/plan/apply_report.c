/* What became of a line: the report, and the audit log in the state. */
#include <string.h>

#include "base/mem.h"
#include "base/pct.h"
#include "plan/apply.h"
#include "state/log.h"

void
apply_report(struct apply *ap, struct action *a)
{
	struct buf b;

	ENSURE(a->outcome != NULL);
	buf_init(&b, REC_LINE_MAX + 8192);
	buf_str(&b, a->outcome);
	if (a->detail != NULL) {
		buf_byte(&b, '=');
		pct_encode(&b, a->detail);
	}
	buf_byte(&b, '\t');
	buf_put(&b, a->line, a->len);
	rec_copy(ap->out, b.data, b.len);
	buf_free(&b);
	ap->reported++;
	if (strcmp(a->outcome, "done") != 0)
		a->f->undone++;
	if (strcmp(a->outcome, "fail") == 0)
		ap->status = err_worst(ap->status, a->status != 0 ? a->status : EXIT_FAIL);
	else if (a->verb == VERB_COPY && strcmp(a->outcome, "done") == 0)
		ap->msgs++;
}

int
apply_log(struct apply *ap, const struct action *a, struct err *e)
{
	struct buf b;
	int r;

	if (a->outcome == NULL || strcmp(a->outcome, "done") != 0 ||
	    (a->verb == VERB_COPY && a->side == SIDE_LOCAL) || a->verb == VERB_KEEP ||
	    a->verb == VERB_AGREE || a->verb == VERB_ADOPT)
		return 0;
	buf_init(&b, REC_LINE_MAX + 64);
	buf_printf(&b, "%s\t", a->outcome);
	buf_put(&b, a->line, a->len);
	r = state_log_put(ap->st, b.data, b.len, e);
	buf_free(&b);
	return r;
}
