/* The user interfaces: listeners of the event stream. */
#ifndef DRIVER_UI_H
#define DRIVER_UI_H

#include "base/err.h"
#include "conf/account.h"
#include "driver/event.h"

struct ui;

/*
 * The user interface that -u names (asked, or NULL), else the option "ui": basic, quiet or plan.
 * The option may hold several names: the first that is in this build counts.  Where there is none
 * it is the one nearest to the first name that OfflineIMAP has, else basic, and *warning says so
 * (else NULL; malloc'ed); but a name with -u that nobody knows is an error.  log: a file to
 * append to, or NULL.  NULL with the error set.
 */
struct ui *ui_open(const char *asked, const struct general *, const char *log, char **warning,
	    struct err *);
void	 ui_hear(struct ui *, const struct event *);
/* 1 if it prints the records themselves, so wants them complete: header and end. */
int	 ui_wants_records(const struct ui *);
/* -1 with the error if something could not be written.  Frees it. */
int	 ui_close(struct ui *, struct err *);

#endif
