/* INTERNALDATE (RFC 3501, date-time) and time_t. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stddef.h>
#include <time.h>

#define DATE_LEN	27	/* "dd-Mon-yyyy hh:mm:ss +0000" and the NUL */

/* Parses " 7-Feb-1994 21:52:25 -0800"; 0, or -1 if it is no such date. */
int	 date_parse(const char *, time_t *);
/* Formats in UTC; 0, or -1 if the year does not fit (1970 to 9999). */
int	 date_format(time_t, char [DATE_LEN]);

#endif
