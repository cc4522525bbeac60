/* What the modules of the state share; nobody else includes it. */
#ifndef STATE_DB_H
#define STATE_DB_H

#include <stddef.h>
#include <stdint.h>
#include <lmdb.h>

#include "base/buf.h"
#include "base/err.h"
#include "state/codec.h"
#include "state/env.h"
#include "state/folder.h"
#include "state/repair.h"

enum { DB_META, DB_NAME, DB_FOLDER, DB_MSG, DB_KW, DB_INTENT, DB_LOG, DB_COUNT };

struct state {
	MDB_env		*env;		/* NULL: the state does not exist */
	MDB_dbi		 db[DB_COUNT];
	char		*dir;
	int		 mode;		/* STATE_ bits */
	enum state_health *health;	/* told when it turns out not to be sound; NULL: nobody asks */
	struct buf	 value;		/* what is being stored */
	/* the open transaction */
	int		 open;		/* there is one (txn is NULL if the state does not exist) */
	int		 writing;
	int		 dirty;		/* something has been changed */
	MDB_txn		*txn;
	uint64_t	 gen;		/* generation that it saw when it began */
	struct state_folder *touched;	/* folders changed, as they will be; owned */
	size_t		 ntouched, captouched;
	size_t		 lasttouched;	/* index of the one used last */
	/* state_msg_next */
	MDB_cursor	*walk;
	int		 walking;	/* walk stands on the row (walkfolder, walkuid) */
	uint32_t	 walkfolder, walkuid;
	uintptr_t	 low, high;	/* where in the map rows have been read */
	/* state_msg_put: the last key of msg, so that what comes behind it is appended */
	int		 haslast;
	uint64_t	 last;
};

#define DB_REMEDY	"move the directory away: mail that is equal on both sides is paired again, " \
			"nothing is lost; offlineimap does so by itself"

/* state_open, for the one who asks about its health. */
int	 db_judge(struct state **, const char *dir, const char *account, int mode,
	    enum state_health *, struct err *);

/*
 * 1 if the disk is full: LMDB calls a write that it took only half of EIO, and in memory file
 * systems even reading a map may end the process.
 */
int	 db_no_room(const char *dir);

/* Fills the error with what LMDB's code means for the user; returns -1. */
int	 db_fail(const struct state *, int rc, const char *what, struct err *);
/* The same for a value that does not decode. */
int	 db_broken(const struct state *, const char *what, struct err *);

/* Reads a value: 1, 0 if there is none, -1. */
int	 db_get(struct state *, int db, const void *key, size_t len, MDB_val *, struct err *);
/* Stores a value (flags as for mdb_put): 0 or -1. */
int	 db_put(struct state *, int db, const void *key, size_t len, const void *, size_t,
	    unsigned flags, struct err *);
/* Deletes a key: 1, 0 if there was none, -1. */
int	 db_del(struct state *, int db, const void *key, size_t len, struct err *);
/* Deletes all keys that start with these bytes. */
int	 db_del_prefix(struct state *, int db, const void *key, size_t len, struct err *);

/* The number of a pair: 1 and the number, 0 if neither name is known, -1. */
int	 db_pair_id(struct state *, const char *remote, const char *local, uint32_t *id, struct err *);
/* Both names lead to that number; or to none any more.  0 or -1. */
int	 db_put_names(struct state *, const char *remote, const char *local, uint32_t id,
	    struct err *);
int	 db_drop_names(struct state *, const char *remote, const char *local, struct err *);

/*
 * The folder as this write transaction will leave it, to be changed in place; NULL with the
 * error, also if there is none.  Lives until the next call.
 */
struct state_folder *db_touch(struct state *, uint32_t folder, struct err *);
/* Writes the touched folders, with that generation unless it is 0; they stay touched. */
int	 db_flush(struct state *, uint64_t gen, struct err *);

#endif
