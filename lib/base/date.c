/* Dates as IMAP writes them (RFC 3501 section 9, date-time). */
#include "base/date.h"

#include <stdio.h>
#include <string.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Exactly n digits within lo..hi, or -1. */
static int
digits(const char *s, int n, int lo, int hi)
{
	int v = 0;

	while (n-- > 0) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s++ - '0');
	}
	return v >= lo && v <= hi ? v : -1;
}

static int
month(const char *s)
{
	int i;

	for (i = 0; i < 12; i++)
		if (strncasecmp(months + 3 * i, s, 3) == 0)
			return i;
	return -1;
}

int
date_parse(const char *s, time_t *t)
{
	struct tm tm;
	char day[3];
	int zh, zm;

	memset(&tm, 0, sizeof(tm));
	if (strlen(s) != DATE_LEN - 1 || s[2] != '-' || s[6] != '-' || s[11] != ' ' ||
	    s[14] != ':' || s[17] != ':' || s[20] != ' ' || (s[21] != '+' && s[21] != '-'))
		return -1;
	day[0] = s[0] == ' ' ? '0' : s[0];
	day[1] = s[1];
	day[2] = '\0';
	tm.tm_mday = digits(day, 2, 1, 31);
	tm.tm_mon = month(s + 3);
	tm.tm_year = digits(s + 7, 4, 1, 9999) - 1900;
	tm.tm_hour = digits(s + 12, 2, 0, 23);
	tm.tm_min = digits(s + 15, 2, 0, 59);
	tm.tm_sec = digits(s + 18, 2, 0, 60);
	zh = digits(s + 22, 2, 0, 23);
	zm = digits(s + 24, 2, 0, 59);
	if (tm.tm_mday < 0 || tm.tm_mon < 0 || tm.tm_year < -1899 || tm.tm_hour < 0 ||
	    tm.tm_min < 0 || tm.tm_sec < 0 || zh < 0 || zm < 0)
		return -1;
	*t = timegm(&tm) - (s[21] == '-' ? -1 : 1) * (zh * 3600 + zm * 60);
	return 0;
}

int
date_format(time_t t, char out[DATE_LEN])
{
	struct tm tm;
	int n;

	if (t < 0 || gmtime_r(&t, &tm) == NULL || tm.tm_year + 1900 > 9999)
		return -1;
	n = snprintf(out, DATE_LEN, "%02d-%.3s-%04d %02d:%02d:%02d +0000", tm.tm_mday,
	    months + (size_t)3 * (size_t)tm.tm_mon, tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return n == DATE_LEN - 1 ? 0 : -1;
}
