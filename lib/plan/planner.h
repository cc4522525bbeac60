/*
 * The planner: a listing of pairs of folders becomes the plan, a pure function
 * (offlineimap-records(5)).
 */
#ifndef PLAN_PLANNER_H
#define PLAN_PLANNER_H

#include "base/err.h"
#include "base/rec.h"

/*
 * Reads a listing to its end and writes the plan.  0, or -1: then what was
 * written lacks its end line.
 */
int	 planner_run(struct recin *, struct recout *, struct err *);

#endif
