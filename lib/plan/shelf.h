/*
 * Finished folders: their lines, in order, until all folders are there and can
 * be printed in the order of their names.
 */
#ifndef PLAN_SHELF_H
#define PLAN_SHELF_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/rec.h"

struct shelf_part;

struct shelf {
	struct shelf_part *parts;
	size_t		 n, cap;
	struct buf	 mem;		/* lines not yet in the file, LF and all */
	int		 fd;		/* or -1 */
	off_t		 end;		/* of the file */
	uint64_t	 lines;
};

void	 shelf_init(struct shelf *);
void	 shelf_free(struct shelf *);
/* What follows belongs to this folder. */
void	 shelf_folder(struct shelf *, const char *remote, const char *local);
/* Adds a line (no LF).  0, or -1 with errno. */
int	 shelf_put(struct shelf *, const char *line, size_t len);
/* Writes everything, folders sorted by remote, then local name.  0, or -1 with errno. */
int	 shelf_write(struct shelf *, struct recout *);

#endif
