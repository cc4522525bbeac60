/* Uploads of one batch: APPEND in all its forms (RFC 3501, 3502, 4315, 7888). */
#ifndef PLAN_UPLOAD_H
#define PLAN_UPLOAD_H

#include <sys/stat.h>

#include "maildir/wire.h"
#include "plan/flight.h"

/* One message on its way up. */
struct upload {
	struct action	*act;
	int		 fd;		/* of the file, -1 when closed */
	struct stat	 st;		/* as it was measured */
	struct md_wire	*wire;		/* while it is being read */
	int		 sent;		/* part of a command of this flight */
	int		 stored;	/* the server's tagged OK */
	int		 answered;	/* it said NO or BAD to this one: it has not got it */
	int		 refused;	/* that, for good */
	int		 alone;		/* its group was refused: try it by itself */
};

struct uploads {
	struct flight	*fl;
	struct upload	*u;
	size_t		 n;
};

/* Opens and measures the files of the batch's uploads; those that changed are skipped. */
void	 uploads_open(struct uploads *, struct flight *);
void	 uploads_close(struct uploads *);

/* 1 if there is something to send for this folder, or alone. */
int	 uploads_for(const struct uploads *, const struct afolder *, int alone);
/* Queues the folder's APPENDs; only those whose group was refused before if alone says so. */
void	 uploads_send(struct uploads *, struct afolder *, int alone);
/* After the flight: a uid that the state has for another message was not given to this one. */
void	 uploads_check(struct uploads *);
/*
 * Then, for servers without UIDPLUS, or where its answer did not fit, finds the
 * new uids by range, size, date and header digest.  0, or -1 if the session broke.
 */
int	 uploads_find(struct uploads *);

#endif
