/*
 * What went wrong, in words, and the exit status that it means.  A library
 * function that can fail for more than errno's reasons takes one of these,
 * fills it and returns -1; only a main or the driver prints it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum {
	EXIT_DONE = 0,
	EXIT_FAIL = 1,		/* failed for good */
	EXIT_CONF = 2,		/* usage or configuration */
	EXIT_AGAIN = 75		/* may work next time */
};

struct err {
	int	 status;	/* one of the above, 0 while nothing failed */
	char	 text[512];	/* one line, no newline, object then cause */
};

/* Each fills the error and returns -1, so that "return err_fail(...)" works. */
int	 err_fail(struct err *, const char *, ...) __attribute__((format(printf, 2, 3)));
int	 err_conf(struct err *, const char *, ...) __attribute__((format(printf, 2, 3)));
int	 err_again(struct err *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* The worse of two exit statuses: 2 before 1 before 75 before 0. */
int	 err_worst(int, int);

/*
 * Prints "PROG: TEXT" on stderr, with everything that could move a terminal
 * escaped, and returns the error's status.
 */
int	 err_print(const char *, const struct err *);

#endif
