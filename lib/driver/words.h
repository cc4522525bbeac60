/* The words of "keep ... why=" in sentences, with how much they matter. */
#ifndef DRIVER_WORDS_H
#define DRIVER_WORDS_H

enum level { LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };

struct word {
	const char	*word;		/* NULL: any other */
	enum level	 level;
	int		 status;	/* the exit status that it makes */
	const char	*text;		/* NULL: the word itself has to do */
	int		 file;		/* about a file on disk, which is to be named */
};

/* Never NULL.  Words of sync-pair (plan/names.h) come with a sentence of theirs. */
const struct word *words_find(const char *);
/* The sentence for a word; static, or the word. */
const char *words_text(const char *);

extern const struct word *const words_maxdelete, *const words_uidvalidity;

#endif
