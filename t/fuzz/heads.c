/* LIST and STATUS: whatever the server says, each folder comes once, and in order. */
#include <strings.h>

#include "base/pct.h"
#include "imap/heads.h"
#include "session.h"

static void
check(const struct heads *hs, int utf8)
{
	const struct head *h;
	size_t i;

	HOLDS(strlen(hs->sep) < sizeof(hs->sep));
	for (i = 0; i < hs->n; i++) {
		h = &hs->h[i];
		HOLDS(h->name != NULL);
		HOLDS(!h->bad || utf8);
		HOLDS(!utf8 || h->bad || pct_utf8(h->name));
		if (i > 0 && h[-1].bad == h->bad)
			HOLDS(strcmp(h[-1].name, h->name) != 0 &&
			    !(strcasecmp(h[-1].name, "INBOX") == 0 && strcasecmp(h->name, "INBOX") == 0));
	}
}

/* The first byte says what the server can do; the second, what is known of it already. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const caps[] = {
		",IMAP4REV1,", ",IMAP4REV1,LIST-STATUS,CONDSTORE,", ",IMAP4REV1,LIST-EXTENDED,LIST-STATUS,QRESYNC,ENABLE,",
		",IMAP4REV1,CONDSTORE,ENABLE,QRESYNC,",
	};
	static char inbox[] = "INBOX", other[] = "a", *known[] = { inbox, other };
	struct food f = { data, size };
	unsigned how = food_byte(&f);
	struct heads_want want = { .reference = "", .subscribed = how >> 2 & 1, .utf8 = how >> 3 & 1,
	    .known = known, .nknown = how >> 4 & 1 ? 2 : 0 };
	struct heads hs;
	struct imap im;
	struct err e = { 0 };
	int server;

	if (session_open(&im, f.p, f.n, &server) == -1)
		return 0;
	session_caps(&im, caps[how & 3], ",");
	if (imap_heads_get(&im, &want, &hs, &e) == 0)
		check(&hs, want.utf8);
	else
		HOLDS(e.status != 0 && e.text[0] != '\0');
	imap_heads_free(&hs);
	session_close(&im);
	close(server);
	return 0;
}
