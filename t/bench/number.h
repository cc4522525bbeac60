/* Numbers of the command line. */
#ifndef BENCH_NUMBER_H
#define BENCH_NUMBER_H

/* A number from 0 to max, fractions allowed; what is none ends the program. */
double	 number(const char *, double max);

#endif
