/* sync-plan: a listing becomes a plan.  Reads no configuration: see sync-plan(1). */
#include "plan/planner.h"
#include "plan/pure.h"

static int
run(struct recin *in, struct recout *out, int *status, struct err *e)
{
	*status = EXIT_DONE;
	return planner_run(in, out, e);
}

int
main(int argc, char *argv[])
{
	return pure_main(argc, argv, "sync-plan", run);
}
