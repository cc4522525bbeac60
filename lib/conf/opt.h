/*
 * The one table of options: all that OfflineIMAP knows and all that are new
 * here, with type, default, and what this build does about each.
 */
#ifndef CONF_OPT_H
#define CONF_OPT_H

#include <stddef.h>

/* Kinds of sections; an option may stand in several. */
enum {
	IN_GENERAL = 1,
	IN_ACCOUNT = 2,
	IN_IMAP = 4,		/* a repository with type = IMAP */
	IN_GMAIL = 8,
	IN_MAILDIR = 16,	/* and GmailMaildir */
	IN_MBNAMES = 32
};

enum opt_type {
	OPT_TEXT,		/* one line */
	OPT_PLAIN,		/* one line in which a "%" is a percent sign */
	OPT_BOOL,
	OPT_INT,
	OPT_FLOAT,
	OPT_PATH,		/* one line */
	OPT_LIST,		/* comma list, may go over several lines */
	OPT_LONG		/* a command, rules, a Python expression: any text */
};

enum opt_act {
	OPT_HONOUR,
	OPT_WARN,		/* ignored with a warning if the value asks for something */
	OPT_STOP,		/* ignoring it could move, delete or expose mail */
	OPT_IGNORE		/* harmless or without any effect in OfflineIMAP too */
};

struct opt {
	const char	*name;	/* lower case; a last "?" stands for any one letter */
	unsigned	 where;	/* IN_* */
	enum opt_type	 type;
	const char	*dflt;	/* NULL: none; WARN, STOP: "a|b" are values that ask for nothing */
	enum opt_act	 act;
	const char	*say;	/* WARN, STOP: what happens, what to write instead */
};

/* All of them; n gets how many. */
const struct opt *opt_table(size_t *n);
/* The option of that name in such a section (one IN_* bit), or NULL. */
const struct opt *opt_find(const char *name, unsigned where);
/* 1 if the value asks for more than the default: "quick = 0" does not. */
int	 opt_asks(const struct opt *, const char *value);

/* Values as configparser and Python take them; 0, or -1 if it is none. */
int	 opt_bool(const char *, int *);
int	 opt_int(const char *, long long min, long long max, long long *);
/* "no", "N" or "N,P" (P with or without "%"); on is 0 for "no". */
int	 opt_maxdelete(const char *, int *on, unsigned *count, unsigned *percent);
/*
 * A certificate fingerprint as lower-case hex without colons and blanks, malloc'ed;
 * NULL unless it has the digits of sha1, sha224, sha256, sha384 or sha512.
 */
char	*opt_fingerprint(const char *);

#endif
