/* Small things done to the text of options: blanks, lists, paths. */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stddef.h>

struct list {
	char	**v;
	size_t	  n;
};

void	 list_add(struct list *, const char *, size_t);	/* copies so many bytes */
void	 list_free(struct list *);
int	 list_has(const struct list *, const char *);
/* Adds what stands between separators, blanks trimmed, empty ones left out. */
void	 list_split(struct list *, const char *text, char sep);
/* "a, b, c"; malloc'ed. */
char	*list_join(const struct list *);

/*
 * The bytes of the blank at p: white space as Python's str.isspace has it, in
 * UTF-8 (a no-break space pasted from a web page counts); 0 if it is none.
 */
size_t	 text_blank(const char *p, const char *end);
/* Moves both ends inwards over blanks. */
void	 text_trim(const char **p, const char **end);
/* Lower-cases ASCII letters in place. */
void	 text_lower(char *);
/* Frees a string after wiping it; takes NULL. */
void	 text_wipe(char *);

/* $HOME, else the user's directory in the password file, else NULL. */
const char *text_home(void);
/* "~" and "~user" at the start of a path replaced if that is known; malloc'ed. */
char	*text_tilde(const char *);
/* The same, then $NAME and ${NAME}; what is not set stays as written. */
char	*text_path(const char *);
/* The same, then made absolute by the current directory. */
char	*text_abspath(const char *);

#endif
