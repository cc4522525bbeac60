/* OfflineIMAP's "basic": a line per thing that happens; "quiet" is the same from warnings up. */
#ifndef DRIVER_UI_BASIC_H
#define DRIVER_UI_BASIC_H

#include <stdint.h>

#include "driver/changes.h"
#include "driver/event.h"
#include "driver/sink.h"

struct ui_basic {
	struct sink	*to;		/* borrowed */
	struct changes	 changes;	/* of the folder that records are about now */
	uint64_t	*told;		/* keys of what was said of a folder in this account, and is not again */
	size_t		 ntold;
	char		**errors;	/* said in this account: each is said once */
	size_t		 nerrors;
};

void	 ui_basic_open(struct ui_basic *, struct sink *);
void	 ui_basic_close(struct ui_basic *);
void	 ui_basic_hear(struct ui_basic *, const struct event *);

#endif
