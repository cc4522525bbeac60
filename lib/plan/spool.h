/*
 * Spool files: messages as they come from the server, in the tmp of the folder
 * they are for, so that a rename puts them in place.  imap-fetch writes them,
 * sync-apply uses or removes them; what a dead imap-fetch left is swept.
 */
#ifndef PLAN_SPOOL_H
#define PLAN_SPOOL_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "maildir/wire.h"

#define SPOOL_HOLD	(2 * MD_CHUNK)	/* bytes gathered: a small message is written at once */
#define SPOOL_PREFIX	"offlineimap-spool."	/* then PID.SEQUENCE */

/* What all spools of a process share. */
struct spools {
	const char	*root;		/* path of the Maildir; borrowed */
	int		 sep;
	int		 rootfd;	/* -1 until spools_open */
	int		 why;		/* errno of that, if it failed */
	long		 pid;		/* ours, in the names of files */
	unsigned	 seq;		/* of the next file */
	int		 full;		/* the disk is: no further message can succeed */
};

/* One message at a time. */
struct spool {
	struct spools	*all;
	char		*local;		/* the folder whose tmp is open; owned */
	int		 tmp;		/* its descriptor, or -1 */

	/* the message being written */
	int		 fd;		/* -1 if none, or if it failed */
	char		 name[64];	/* in tmp */
	struct md_text	 text;
	struct digest	 digest;
	unsigned char	 dig[DIGEST_LEN];
	char		*out;		/* SPOOL_HOLD bytes, outlen of them not written yet */
	size_t		 outlen;
	uint64_t	 size;		/* bytes in the file once closed */
	int		 whole;		/* closed without an error */
	struct err	 err;		/* why the current message failed */
};

void	 spools_init(struct spools *, const char *root, int sep);
/* Opens the root, which is made if need be; the first message is told of what fails. */
void	 spools_open(struct spools *);
void	 spools_free(struct spools *);
void	 spool_init(struct spool *, struct spools *);
/* A message that was not ended, or that nobody took ("whole" set to 0), is removed. */
void	 spool_free(struct spool *);

/*
 * Begins a message for the folder; data; end.  Errors are kept in the spool (the
 * literal must be read to its end all the same): "whole" tells.
 */
void	 spool_begin(struct spool *, const char *local);
void	 spool_data(struct spool *, const char *, size_t);
void	 spool_end(struct spool *);
/* Removes the file of the last message, if it is whole: nobody wants it.  Beginning the next does, too. */
void	 spool_drop(struct spool *);
/* The path for the record: DIR/tmp/NAME below the root. */
void	 spool_path(const struct spool *, struct buf *);

#endif
