/* "plan": the records themselves on standard output, and nothing else there. */
#ifndef DRIVER_UI_PLAN_H
#define DRIVER_UI_PLAN_H

#include <stdio.h>

#include "driver/event.h"

/* Prints the line of an EVENT_RECORD as it is; other events are not its business. */
void	 ui_plan_hear(FILE *, const struct event *);

#endif
