/* Records as they are. */
#include "driver/ui_plan.h"

void
ui_plan_hear(FILE *to, const struct event *ev)
{
	if (ev->kind != EVENT_RECORD)
		return;
	fwrite(ev->rec->line, 1, ev->rec->len, to);
	putc('\n', to);
}
