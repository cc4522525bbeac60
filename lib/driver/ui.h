/* The user interfaces: listeners of the event stream. */
#ifndef DRIVER_UI_H
#define DRIVER_UI_H

#include "base/err.h"
#include "driver/event.h"

struct ui;

/*
 * A user interface by name: basic, quiet or plan; NULL is basic.  A name of
 * OfflineIMAP's that is not in this build gives the nearest one and a sentence
 * in *warning (else NULL; malloc'ed).  log: a file to append to, or NULL.  NULL with the
 * error for a name that nobody knows, or the log.
 */
struct ui *ui_open(const char *name, const char *log, char **warning, struct err *);
void	 ui_hear(struct ui *, const struct event *);
/* 1 if it prints the records themselves, so wants them complete: header and end. */
int	 ui_wants_records(const struct ui *);
/* -1 with the error if something could not be written.  Frees it. */
int	 ui_close(struct ui *, struct err *);

#endif
