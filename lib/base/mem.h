/* Memory that is there, or the process ends: exit 75, one line on stderr. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void	*mem_alloc(size_t);			/* zeroed; free with free(3) */
void	*mem_grow(void *, size_t, size_t);	/* reallocarray; new room is not zeroed */
char	*mem_dup(const char *);			/* NULL gives NULL */
char	*mem_ndup(const char *, size_t);	/* adds the NUL */
char	*mem_printf(const char *, ...) __attribute__((format(printf, 1, 2)));

/* A broken invariant: says where and aborts. */
void	 mem_bug(const char *, const char *, int) __attribute__((noreturn));
#define ENSURE(x) ((x) ? (void)0 : mem_bug(#x, __FILE__, __LINE__))

#endif
