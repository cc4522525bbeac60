/* What a run that was stopped had sent, and the server may still be at. */
#include <poll.h>

#include "base/io.h"
#include "plan/apply.h"
#include "plan/change.h"

#define TURNS	50	/* of the line's time for one question and its answer, */
#define LEAST	100	/* but so many milliseconds, */
#define MOST	5000	/* and no more than that */

int
apply_settle(struct apply *ap)
{
	struct imap_done none = { NULL, NULL };
	int64_t from = io_now(), took;

	if (ap->settled)
		return 0;
	imap_begin(&ap->im, none);
	imap_put(&ap->im, "NOOP");
	imap_end(&ap->im);
	if (imap_wait(&ap->im, 0) == -1)
		return -1;
	took = (io_now() - from) * TURNS;
	poll(NULL, 0, took < LEAST ? LEAST : took > MOST ? MOST : (int)took);
	ap->settled = 1;
	return 0;
}
