/* Capability lists: found in lines, searched, filtered. */
#include <stdlib.h>

#include "net/caps.h"
#include "unit.h"

static const struct {
	const char *line, *caps;
} found[] = {
	{ "* CAPABILITY IMAP4rev1 IDLE", "IMAP4rev1 IDLE" },
	{ "* capability IMAP4rev1", "IMAP4rev1" },
	{ "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", "IMAP4rev1 AUTH=PLAIN" },
	{ "* PREAUTH [CAPABILITY IMAP4rev1] hello", "IMAP4rev1" },
	{ "c3 OK [CAPABILITY IMAP4rev1 UIDPLUS] Logged in", "IMAP4rev1 UIDPLUS" },
	{ "c3 OK [CAPABILITY ] x", "" },
	{ "* CAPABILITY ", "" },
	{ "* CAPABILITY", NULL },
	{ "* CAPABILITYX a", NULL },
	{ "* OK hello [CAPABILITY IMAP4rev1]", NULL },
	{ "* OK [CAPABILITY IMAP4rev1", NULL },
	{ "* OK [ALERT] CAPABILITY a", NULL },
	{ "* OK", NULL },
	{ "", NULL },
};

static const struct {
	const char *list, *name;
	int has;
} asked[] = {
	{ "IMAP4rev1 AUTH=PLAIN", "AUTH=PLAIN", 1 },
	{ "IMAP4rev1 auth=plain", "AUTH=PLAIN", 1 },
	{ "AUTH=PLAIN", "AUTH=PLAIN", 1 },
	{ "IMAP4rev1 AUTH=PLAIN-X", "AUTH=PLAIN", 0 },
	{ "IMAP4rev1 XAUTH=PLAIN", "AUTH=PLAIN", 0 },
	{ "STARTTLSX", "STARTTLS", 0 },
	{ "", "STARTTLS", 0 },
	{ NULL, "STARTTLS", 0 },
};

static const struct {
	const char *list, *left, *logins;
} filtered[] = {
	{ "IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=LOGIN LOGINDISABLED IDLE", "IMAP4rev1 IDLE",
	  "AUTH=PLAIN AUTH=LOGIN LOGINDISABLED" },
	{ "SASL-IR IMAP4rev1 COMPRESS=DEFLATE", "IMAP4rev1", "nothing" },
	{ "starttls sasl-ir auth=plain idle", "idle", "auth=plain" },
	{ "SASL-IRX STARTTLS2 LITERAL+ STATUS=SIZE I18NLEVEL=1",
	  "SASL-IRX STARTTLS2 LITERAL+ STATUS=SIZE I18NLEVEL=1", "nothing" },
	{ "  A   B  ", "A B", "nothing" },
	{ "A XREMEMBERED XCONNECT=AUTH=X B", "A B", "nothing" },
	{ "A x]y \x1b[2J B\x80 C\"D E\tF G", "A G", "nothing" },
	{ "", "", "nothing" },
	{ NULL, "", "nothing" },
};

static const struct {
	const char *kept, *login, *session;
} kept[] = {
	{ "IMAP4REV1,IDLE,XCONNECT=IMAP4REV1,XCONNECT=AUTH=PLAIN", "IMAP4REV1 AUTH=PLAIN", "IMAP4REV1 IDLE" },
	{ "XCONNECT=A,B,XCONNECT=C", "A C", "B" },
	{ ",,A,", "", "A" },
	{ "", "", "" },
};

/* What goes into the greeting to be remembered, and what comes back. */
static void
remembered(void)
{
	struct buf login, session;
	size_t i;

	buf_init(&login, 1024);
	buf_init(&session, 1024);
	unit_row("own");
	caps_own(&login, "IMAP4rev1 IDLE AUTH=PLAIN SASL-IR LOGINDISABLED COMPRESS=DEFLATE AUTH=]x STARTTLS");
	CHECK_STR(buf_cstr(&login), " XCONNECT=IMAP4rev1 XCONNECT=AUTH=PLAIN XCONNECT=SASL-IR"
	    " XCONNECT=LOGINDISABLED XCONNECT=COMPRESS=DEFLATE");
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		unit_row("kept: %s", kept[i].kept);
		buf_clear(&login);
		buf_clear(&session);
		caps_recall(kept[i].kept, &login, &session);
		CHECK_STR(buf_cstr(&login), kept[i].login);
		CHECK_STR(buf_cstr(&session), kept[i].session);
	}
	buf_free(&login);
	buf_free(&session);
}

static const struct { const char *list, *off, *rest; } without[] = {
	{ "IMAP4rev1 QRESYNC IDLE", NULL, "IMAP4rev1 QRESYNC IDLE" },
	{ "IMAP4rev1 qresync IDLE", ",QRESYNC,", "IMAP4rev1 IDLE" },
	{ "QRESYNC QRESYNC2 XQRESYNC", ",IDLE,QRESYNC,", "QRESYNC2 XQRESYNC" },
	{ "STATUS=SIZE LITERAL+", ",STATUS,LITERAL,", "STATUS=SIZE LITERAL+" },
	{ "A B", ",A,B,", "" },
	{ "", ",A,", "" },
};

int
main(void)
{
	struct buf b;
	char *caps;
	size_t i;

	for (i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		unit_row("find in %s", found[i].line);
		caps = caps_find(found[i].line);
		CHECK_STR(caps, found[i].caps);
		free(caps);
	}
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		unit_row("%s in %s", asked[i].name, asked[i].list != NULL ? asked[i].list : "NULL");
		CHECK_NUM(caps_has(asked[i].list, asked[i].name), asked[i].has);
	}
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		unit_row("%s without %s", without[i].list, without[i].off != NULL ? without[i].off : "NULL");
		caps = caps_without(without[i].list, without[i].off);
		CHECK_STR(caps, without[i].rest);
		free(caps);
	}
	buf_init(&b, 1024);
	for (i = 0; i < sizeof(filtered) / sizeof(filtered[0]); i++) {
		unit_row("filter row %zu", i);
		buf_clear(&b);
		buf_str(&b, "[");
		caps_filter(&b, filtered[i].list);
		CHECK_STR(buf_cstr(&b) + 1, filtered[i].left);
		buf_clear(&b);
		caps_logins(&b, filtered[i].list);
		CHECK_STR(buf_cstr(&b), filtered[i].logins);
	}
	buf_free(&b);
	remembered();
	return unit_end("net_caps");
}
