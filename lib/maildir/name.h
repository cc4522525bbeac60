/*
 * File names of a Maildir, as OfflineIMAP writes and reads them:
 * BASE<sep>2,LETTERS, with ",U=<uid>,FMD5=<md5 of the folder>" in the base.
 * The base name is a message's local identity; letters and directory are not.
 */
#ifndef MAILDIR_NAME_H
#define MAILDIR_NAME_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/flags.h"

#define NAME_BASE_MAX	200	/* bytes of a base name that we make */

struct mdname {
	size_t	 base;		/* length of the base name; the info part starts there */
	unsigned flags;		/* FLAG_ bits among its letters */
	uint32_t uid;		/* from ,U= if ,FMD5= names this folder, else 0 */
};

/*
 * Takes a file name apart.  The info part starts at the first "<c>2," where c
 * is ':' or infosep.  fmd5 (32 hex digits) may be NULL: no uid then.  Returns 0,
 * or -1 if it is no message ("" or a leading dot).
 */
int	 name_parse(const char *file, int infosep, const char *fmd5, struct mdname *);

/*
 * A fresh base name: <when>_<seq>.<pid>.<host>,U=<uid>,FMD5=<fmd5>; no name of
 * this process repeats.  host NULL means this machine's; whatever in it could
 * not stand in a file name or would end the base becomes '-'.
 */
void	 name_new(struct buf *, time_t when, uint32_t uid, const char *fmd5, const char *host);

/*
 * The base name of a message that has got its uid: every ,U= and ,FMD5= part
 * is dropped from "base", ours are put behind.  A pure function.  Returns 0, or -1
 * if it would be longer than NAME_BASE_MAX or its end be taken for an info part (take
 * name_new then).
 */
int	 name_with_uid(struct buf *, const char *base, uint32_t uid, const char *fmd5);

/*
 * The base name that a message takes along to a folder where it has no uid: without ,U= and ,FMD5=.
 * 0, or -1 with nothing appended if no name is left of it.
 */
int	 name_without_uid(struct buf *, const char *base);

/*
 * Appends the info part of a file whose present one is "info" ("" for none):
 * <infosep>2, and the letters, sorted, with the FLAG_ bits of add added and of
 * del removed.  Other letters stay; what follows the letters is kept behind them.
 */
void	 name_info(struct buf *, const char *info, int infosep, unsigned add, unsigned del);

/*
 * Of two files with the same base name, which one stands for the message:
 * below 0 for the first, above 0 for the second, 0 if they are the same.  where
 * is 'c' or 'n'.  cur goes before new, more letters before fewer, then bytes.
 */
int	 name_prefer(const char *file, int where, const char *file2, int where2);

#endif
