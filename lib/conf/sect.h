/*
 * Reading one section of a configuration, and the handle itself: for conf.c and
 * account.c.  After the first error the readers do nothing more, so that
 * a caller tests once at the end.
 */
#ifndef CONF_SECT_H
#define CONF_SECT_H

#include "conf/account.h"
#include "conf/ini.h"
#include "conf/text.h"

struct conf {
	struct ini	*ini;
	struct general	 general;
	struct list	 warnings;
};

struct sect {
	struct conf		*conf;
	const struct ini_sect	*ini;	/* NULL: only what [DEFAULT] has */
	unsigned		 where;	/* an IN_* bit */
	struct err		*err;
	int			 bad;	/* an error is in err */
};

/*
 * The section "KIND NAME" (kind ends in a blank), or NULL; for an account, the error says
 * which there are (status 1).
 */
const struct ini_sect *conf_section(const struct conf *, const char *kind, const char *name,
	    struct err *);

void	 sect_open(struct sect *, struct conf *, const struct ini_sect *, unsigned where,
	    struct err *);
/*
 * Goes through all options that the section has: those to be ignored with a
 * warning add one to the handle (each once), those that must not be make it bad.
 */
void	 sect_check(struct sect *);

/*
 * An option as the table declares it, its default if it is not there: text,
 * expanded path (malloc'ed, NULL if there is neither value nor default, or it is
 * empty), boolean, number.
 */
char	*sect_text(struct sect *, const char *name);
char	*sect_path(struct sect *, const char *name);
char	*sect_abspath(struct sect *, const char *name);
int	 sect_bool(struct sect *, const char *name);
int	 sect_int(struct sect *, const char *name, int min, int max);
/* 1 if the section or [DEFAULT] has it, with whatever value. */
int	 sect_has(const struct sect *, const char *name);
/* "FILE:LINE" of an option, of the section where it is missing; borrowed. */
const char *sect_at(const struct sect *, const char *name);

/* Makes it bad: "FILE:LINE: option 'name': TEXT".  Only the first counts. */
void	 sect_error(struct sect *, const char *name, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
void	 conf_warn(struct conf *, const char *, ...) __attribute__((format(printf, 2, 3)));

#endif
