/* Why sync-pair leaves a folder alone, in words for people. */
#include "plan/names.h"

#include <string.h>

const struct name_word name_words[] = {
	{ "createfolders", "the folder does not exist on this side and may not be created there; "
	    "set createfolders = yes (and no readonly) for that repository, "
	    "or leave the folder out with its option folders" },
	{ "loop", "INFINITE FOLDER CREATION DETECTED! The new local folder would be created on the "
	    "server under a name that comes back as another local name; "
	    "give the local repository a rename that undoes the remote one's "
	    "(with the option reference, the remote one a rename that takes it away), "
	    "or leave the folder out with its option folders" },
	{ "name-clash", "two folders would share one name on the other side; "
	    "rename one of them, or tell them apart with the option rename" },
	{ "name-control", "the name holds control characters; rename the folder" },
	{ "name-dots", "a part of the name is empty, \".\" or \"..\"; rename the folder" },
	{ "name-long", "the name is longer than 1000 bytes, or a part of it than 255; "
	    "shorten it with the option rename" },
	{ "name-reserved", "a part of the name is cur, new or tmp, which a Maildir needs for itself, "
	    "or it is an INBOX that the server does not have; rename the folder" },
	{ "name-root", "localfolders is a folder itself, which has no name; name it with "
	    "rename = s/^$/NAME/ in the local repository and rename = s/^NAME$// in the remote one, "
	    "or leave it out with folders = ?* in the local one" },
	{ "name-separator", "the name holds the other side's folder separator, so it could not be "
	    "told from a subfolder; rename the folder, or choose another sep" },
	{ "name-slash", "the name would hold a \"/\" inside one directory name; "
	    "replace it with the option rename, or set sep = /" },
	{ "name-utf7", "the name is not in the encoding that folder names have here: modified UTF-7, "
	    "or UTF-8 with utf8foldernames = yes; rename the folder, or set that option" },
	{ "rules-changed", "the folder was synced under other names than rename, sep and "
	    "utf8foldernames give now; "
	    "put the old rules back, or see sync-pair(1) for how to start this folder anew" },
	{ "vanished-local", "the folder was synced before and is gone from the Maildir; nothing is "
	    "deleted on the server; put the directory back, or see sync-pair(1)" },
	{ "vanished-remote", "the folder was synced before and is gone from the server, or from what "
	    "reference and subscribedonly let it name; nothing is "
	    "deleted locally; remove the local folder too, or see sync-pair(1)" },
	{ NULL, NULL }
};

const char *
name_why(const char *word)
{
	const struct name_word *w;

	for (w = name_words; w->word != NULL; w++)
		if (strcmp(w->word, word) == 0)
			return w->text;
	return NULL;
}
