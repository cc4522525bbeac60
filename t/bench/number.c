/* Numbers of the command line. */
#include "number.h"

#include <err.h>
#include <stdlib.h>

double
number(const char *s, double max)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end != '\0' || !(v >= 0 && v <= max))
		errx(2, "\"%s\" is no number up to %.0f", s, max);
	return v;
}
