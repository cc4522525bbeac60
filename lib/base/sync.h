/* Making many files durable at once: one fsync each, many at a time. */
#ifndef BASE_SYNC_H
#define BASE_SYNC_H

#include <stddef.h>

/*
 * fsync of every descriptor.  error[i] is 0 or the errno of fds[i]; a
 * descriptor below 0 is left out.  Returns how many failed.
 */
size_t	 sync_all(const int *fds, int *error, size_t n);

#endif
