/* Uploads of one batch: APPEND in all its forms (RFC 3501, 3502, 4315, 7888). */
#ifndef PLAN_UPLOAD_H
#define PLAN_UPLOAD_H

#include <sys/stat.h>

#include "maildir/wire.h"
#include "plan/flight.h"

/* One message on its way up. */
struct upload {
	struct action	*act;
	struct uploads	*us;		/* that it is one of */
	struct stat	 st;		/* as it was measured */
	unsigned char	 full[DIGEST_LEN];	/* of all its bytes, then */
	int		 fd;		/* of the file, from its command until its last byte, else -1 */
	struct md_wire	*wire;		/* while it is being read */
	int		 sync;		/* the server is asked before its first byte */
	int		 changed;	/* the file, while it was read */
	int		 sent;		/* part of a command of this flight */
	int		 stored;	/* the server's tagged OK */
	int		 answered;	/* it said NO or BAD to this one: it has not got it */
	int		 refused;	/* that, for good */
	int		 held;		/* it was not sent: the server takes nothing for its folder now */
	int		 alone;		/* its group was refused: try it by itself */
};

struct uploads {
	struct flight	*fl;
	struct upload	*u;		/* by folder, as the flight's parts say */
	size_t		 n;
	size_t		 nopen;		/* queued, and not yet read to the end */
	struct append	*appends;	/* the commands that were queued (upload.c) */
	/* upload.c: bytes that went into commands without an answer, and that were answered lately */
	uint64_t	 owed, answered, before;
	int64_t		 since;		/* when "answered" began; the second before it had "before" */
};

void	 uploads_init(struct uploads *, struct flight *);
void	 uploads_free(struct uploads *);
/* Measures the files of a folder's uploads (it is open); those that changed are skipped. */
void	 uploads_measure(struct uploads *, struct part *);

/*
 * upload_twice.c, for that: those whose rename was stopped half-way, so that the folder has the file under its new name
 * with a uid, too, lose the old name and are skipped.
 */
void	 uploads_twice(struct uploads *, struct part *);

/* 1 if there is something to send for this folder, or alone. */
int	 uploads_for(const struct uploads *, const struct part *, int alone);
/*
 * upload_again.c, before anything is selected, for folders with uploads that a run had begun which was stopped: has
 * anything arrived there since the listing?  It can be that upload, which the server took its
 * time for; then none is sent, and the next run looks (hazard 25).  0, or -1 if the session broke.
 */
int	 uploads_arrived(struct uploads *);
/*
 * Queues the folder's APPENDs; only those whose group was refused before if alone says so.  A
 * file is opened when its command is queued, and a few commands are queued at a time:
 * the others wait until those have been sent, not until they are answered.  In a folder that
 * is wary the smallest comes first, and each is asked for and answered before the next.
 */
void	 uploads_send(struct uploads *, struct part *, int alone);
/* After the flights: what was not sent because of such a refusal is skipped. */
void	 uploads_hold(struct uploads *);
/* Sends what is still queued: what was refused early is read to its end nevertheless. */
void	 uploads_drain(struct uploads *);
/*
 * A mail reader renames what it reads: those of a folder (it is open) from this one on are looked for again.  1 if what
 * was not found provably is not there.
 */
int	 uploads_look_again(struct uploads *, struct part *, struct upload *);
/* 1 if the file is what was sent, still. */
int	 uploads_same(const struct upload *);
/* After the flight: a uid that the state has for another message, or another upload got, was not given to this one. */
void	 uploads_check(struct uploads *);
/*
 * Then, for servers without UIDPLUS, or where its answer did not fit, finds the
 * new uids by range, size and header digest, and by the date where that was taken.  0, or -1 if the session broke.
 */
int	 uploads_find(struct uploads *);

/* upload.c, for uploads_free: no answer will come any more. */
void	 uploads_forget(struct uploads *);
/* upload_file.c, for the others: opens a file for being sent; 0, or -1 with the action decided. */
int	 upload_open(struct uploads *, struct part *, struct upload *);
/* A source (imap/session.h): reads it in wire form, and closes it behind its last byte. */
long	 upload_read(void *, char *, size_t);
/* No more of it will be sent. */
void	 upload_close(struct upload *);

#endif
