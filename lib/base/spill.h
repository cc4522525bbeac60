/*
 * What does not fit into memory, in the process's one unlinked temporary file: each
 * spill is a file of its own to its owner, made of blocks of that one.  So a tool that
 * confines itself opens all the temporary space that it will ever need before it does.
 */
#ifndef BASE_SPILL_H
#define BASE_SPILL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spill {
	uint32_t	*block;		/* of the process's file, in their order */
	size_t		 n, cap;
};

/*
 * Opens the file, for those who cannot later; else the first write does.  If it fails,
 * that is told to the first who needs it: mostly nobody does.
 */
void	 spill_ready(void);

void	 spill_init(struct spill *);
/* Gives the space back; the spill is empty and can be used again. */
void	 spill_clear(struct spill *);
/* All n bytes, at most to the end of what was written.  0, or -1 with errno. */
int	 spill_write(struct spill *, const void *, size_t n, off_t at);
/* Bytes from there on, at least one and at most n: how many, or -1 with errno. */
ssize_t	 spill_read(const struct spill *, void *, size_t n, off_t at);

#endif
