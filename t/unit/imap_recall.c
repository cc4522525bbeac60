/* Which capabilities are worth a note. */
#include "imap/recall.h"
#include "unit.h"

static const struct {
	const char *name, *greeting, *now;
	const char *note;	/* NULL: none */
} rows[] = {
	{ "named by the server itself", ",IMAP4REV1,IDLE,", ",IMAP4REV1,IDLE,", NULL },
	{ "another list later, but named", ",IMAP4REV1,", ",IMAP4REV1,IDLE,", NULL },
	{ "asked for", ",IMAP4REV1,IDLE,XCONNECT=AUTH=PLAIN,", ",IMAP4REV1,IDLE,XCONNECT=AUTH=PLAIN,",
	    "IMAP4REV1,IDLE,XCONNECT=AUTH=PLAIN" },
	{ "remembered, and so it is", ",IMAP4REV1,IDLE,XREMEMBERED,XCONNECT=SASL-IR,",
	    ",IMAP4REV1,IDLE,", NULL },
	{ "what concerns the login is no change", ",IMAP4REV1,XREMEMBERED,XCONNECT=IMAP4REV1,",
	    ",IMAP4REV1,AUTH=PLAIN,STARTTLS,SASL-IR,LOGINDISABLED,COMPRESS=DEFLATE,", NULL },
	{ "remembered, and changed", ",IMAP4REV1,IDLE,XREMEMBERED,XCONNECT=SASL-IR,XCONNECT=AUTH=PLAIN,",
	    ",IMAP4REV1,AUTH=PLAIN,QRESYNC,", "IMAP4REV1,QRESYNC,XCONNECT=SASL-IR,XCONNECT=AUTH=PLAIN" },
	{ "no word within another", ",XCONNECT=IMAP4REV1,AXREMEMBERED,", ",IMAP4REV1,",
	    "IMAP4REV1,XCONNECT=IMAP4REV1" },
	{ "nothing", ",", ",", NULL },
};

int
main(void)
{
	struct buf b;
	size_t i;
	int news;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s", rows[i].name);
		buf_init(&b, 4096);
		news = recall_news(rows[i].greeting, rows[i].now, &b);
		if (CHECK_NUM(news, rows[i].note != NULL) && news)
			CHECK_STR(buf_cstr(&b), rows[i].note);
		buf_free(&b);
	}
	unit_row("too long");
	buf_init(&b, 8);
	CHECK_NUM(recall_news(",XCONNECT=IMAP4REV1,", ",IMAP4REV1,IDLE,", &b), 0);
	buf_free(&b);
	return unit_end("imap_recall");
}
